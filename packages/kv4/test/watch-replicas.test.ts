import type { TransportResponse } from '@xir/couch-client';
import { headId, type KeyAddress, type WatchEvent, type WatchOptions } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../src/index.ts';
import { scriptedPair } from './support/scripted-pair.ts';
import { textResponse, type ScriptedTransport } from './support/scripted-transport.ts';
import { embeddedServer } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const place = { bucket: 'b', layer: '*data', path: '/a' };
const key = (name: string): KeyAddress => ({ ...place, key: name });
/** What a replica answers that has nothing behind a sequence. */
const NOTHING_BEHIND = JSON.stringify({ results: [], last_seq: '1-behind', pending: 0 });

/** A resumption that was answered looks again whether the feed is where it is, with a probe each time and a pause between; the test does so more often. */
const PROBES_TO_SETTLE = 15;

/** Values that a watch tells, up to `last`, with the position of each. */
async function follow(memory: Memory, last: unknown, options: WatchOptions): Promise<{ readonly values: unknown[]; readonly position: string }> {
  const values: unknown[] = [];
  for await (const event of memory.watch({ type: 'path', address: place }, options)) {
    values.push(valueOf(event));
    if (values.at(-1) === last) return { values, position: event.position };
  }
  throw new Error('the watch ended');
}

function valueOf(event: WatchEvent): unknown {
  return event.type === 'put' ? event.record.value : event.type;
}

/**
 * From now on what answers probes and resumptions is a replica that is behind, and holds itself for current. The answer waits until a resumption has come to rest: it was
 * answered, and probes enough behind it. `meanwhile` happens before the resumption is answered.
 */
function fallBehind(transport: ScriptedTransport, meanwhile?: () => Promise<void>): (memory: Memory) => Promise<void> {
  let probes = Number.NEGATIVE_INFINITY;
  const answer = async ({ path }: { readonly path: string }): Promise<TransportResponse> => {
    if (path.includes('include_docs=true&style')) {
      await meanwhile?.();
      probes = 0;
    } else probes += 1;
    return textResponse(200, NOTHING_BEHIND);
  };
  transport.next('_changes?since', answer, 10_000);
  const enough = async (memory: Memory): Promise<void> => {
    await memory.prove();
    expect(probes).toBeGreaterThan(PROBES_TO_SETTLE);
  };
  return (memory) => vi.waitFor(() => enough(memory), { timeout: 15_000, interval: 20 });
}

for (const history of [false, true]) {
  describe(`a watch that is resumed where replicas are behind, ${history ? 'with' : 'without'} history`, () => {
    it('M27 T8: is not told again what it was told elsewhere, though its row comes only after the feed was proved current', async () => {
      await using test = await scriptedPair(server.url, { inspectIntervalMs: 20 });
      const { memory, writer, transport } = test;
      await memory.put(key('k'), 'before');
      await memory.list(place);
      const told = follow(writer, 'told', { history });
      await vi.waitFor(() => expect(writer.stats().watchers).toBe(1));
      await memory.prove();
      const frozen = transport.freezeFeed();
      await writer.put(key('k'), 'told');
      const { position } = await told;
      const settled = fallBehind(transport);
      const resumed = follow(memory, 'last', { history, after: position });
      await settled(memory);
      frozen.open();
      await writer.put(key('z'), 'last');
      expect((await resumed).values).toEqual(['last']);
    });

    it('M27 T8: is told what the cache knows already, though the replica that tells what lies behind the position does not', async () => {
      await using test = await scriptedPair(server.url);
      const { memory, writer, transport } = test;
      const { position } = await follow(memory, 'end-of-initial', { history });
      await memory.list(place);
      await writer.put(key('k'), 1);
      await writer.put(key('k'), 2);
      await memory.prove();
      const settled = fallBehind(transport);
      const resumed = follow(memory, 'last', { history, after: position });
      await settled(memory);
      await writer.put(key('z'), 'last');
      expect((await resumed).values).toEqual(history ? [1, 2, 'last'] : [2, 'last']);
    });

    it('M27 T8: is told what the cache knows already, also while the database is asked whether it still holds', async () => {
      await using test = await scriptedPair(server.url);
      const { memory, writer, transport } = test;
      const { position } = await follow(memory, 'end-of-initial', { history });
      await memory.list(place);
      await writer.put(key('k'), 1);
      await writer.put(key('k'), 2);
      await memory.prove();
      const looked = transport.delayAnswer('_bulk_get');
      const settled = fallBehind(transport, async () => {
        transport.inject(JSON.stringify({ seq: '1-unknown', id: headId(key('k')), changes: [{ rev: `1-${'0'.repeat(32)}` }] }));
        await writer.put({ ...key('k'), path: '/elsewhere' }, 'carries the row');
        await vi.waitFor(() => expect(memory.stats().verifying).toBe(1));
      });
      const resumed = follow(memory, 'last', { history, after: position });
      await settled(memory);
      looked.open();
      await writer.put(key('z'), 'last');
      expect((await resumed).values).toEqual(history ? [1, 2, 'last'] : [2, 'last']);
    });
  });
}
