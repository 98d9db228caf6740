import { headId, type KeyAddress } from '@xir/kv4-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Memory } from '../src/index.ts';
import { scriptedPair } from './support/scripted-pair.ts';
import { Gate, textResponse } from './support/scripted-transport.ts';
import { embeddedServer } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

const key = (name: string): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/a', key: name });
const pair = () => scriptedPair(server.url);

async function until(fact: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(fact()).toBe(true), { timeout: 8_000, interval: 5 });
}

function value(memory: Memory, address: KeyAddress): unknown {
  const record = memory.peek(address);
  return record === null ? null : record?.value;
}

describe('what was announced', () => {
  it('M21: a row that passed during a load that failed is accounted for by the next load, whatever is acknowledged meanwhile', async () => {
    await using test = await pair();
    const { memory, writer, transport } = test;
    const failure = new Gate();
    transport.next('/_bulk_get', async () => {
      failure.arrive();
      await failure.opened;
      return textResponse(500, '{}');
    });
    const failing = memory.get(key('k')).then(() => 'read', () => 'failed');
    await failure.reached;
    const acknowledgement = transport.delayAnswer('/_bulk_docs');
    const write = memory.put(key('k'), 1);
    await acknowledgement.reached;
    await writer.put(key('k'), 2);
    await memory.prove();
    failure.open();
    expect(await failing).toBe('failed');
    const load = transport.delayAnswer('/_bulk_get');
    const read = memory.get(key('k'));
    await load.reached;
    acknowledgement.open();
    await write;
    load.open();
    expect((await read)?.value).toBe(2);
    expect(value(memory, key('k'))).toBe(2);
  });
});

describe('conflicting leaves', () => {
  /** Writes a leaf beside what is there, as replication does. */
  async function replicate({ database }: Awaited<ReturnType<typeof scriptedPair>>, name: string, rev: string, ver: string): Promise<void> {
    const [generation = '', hash = ''] = rev.split('-');
    const doc = { _id: headId(key(name)), _rev: rev, _revisions: { start: Number(generation), ids: [hash] }, v: ver, ver, by: 'x' };
    await database.database.json({ method: 'POST', path: '/_bulk_docs', body: { new_edits: false, docs: [doc] } });
  }

  it('M20 T6: a leaf that loses by its revision and holds a later version is shown, though the row announces what is known', async () => {
    await using test = await pair();
    const { memory } = test;
    await memory.put(key('k'), 1);
    await memory.put(key('k'), 2);
    const later = 'ffff00000000000a-z';
    await replicate(test, 'k', '1-00', later);
    await until(() => value(memory, key('k')) === later);
    await memory.prove();
    const { verifications } = memory.stats();
    await replicate(test, 'k', '1-00', later);
    await memory.put(key('other'), 1);
    await memory.prove();
    expect(memory.stats()).toMatchObject({ verifications, regressions: 0 });
    expect((await memory.get(key('k'), { fresh: true }))?.value).toBe(later);
  });

  it('M4 T6: an own write is readable at once and told once, though its row came first and tells of deleted leaves that had not been read', async () => {
    await using test = await pair();
    const { memory, writer, transport, database } = test;
    await writer.put(key('k'), 1);
    await writer.put(key('k'), 2);
    // What the repair of a conflict leaves behind.
    const doc = { _id: headId(key('k')), _rev: '1-00', _deleted: true, _revisions: { start: 1, ids: ['00'] } };
    await database.database.json({ method: 'POST', path: '/_bulk_docs', body: { new_edits: false, docs: [doc] } });
    await memory.prove();
    const told: unknown[] = [];
    const watching = memory.watch({ type: 'key', address: key('k') });
    const next = async (): Promise<void> => {
      const { value: event } = await watching.next();
      told.push(event?.type === 'put' ? event.record.value : event?.type);
    };
    await next();
    await next();
    const gate = transport.delayAnswer('/_bulk_docs');
    const comparison = transport.delayAnswer('/_bulk_get?revs');
    const rows = memory.stats().appliedRows;
    const write = memory.put(key('k'), 3);
    await gate.reached;
    await until(() => memory.stats().appliedRows > rows);
    await comparison.reached;
    gate.open();
    await write;
    const seen = value(memory, key('k'));
    comparison.open();
    await until(() => memory.stats().verifying === 0);
    await memory.put(key('k'), 4);
    await next();
    await next();
    await watching.return();
    expect({ seen, told }).toEqual({ seen: 3, told: [2, 'end-of-initial', 3, 4] });
  });

  it('M20 T6: a leaf that came while a write was on its way is not covered by the acknowledgement', async () => {
    await using test = await pair();
    const { memory, transport } = test;
    await memory.put(key('k'), 1);
    await memory.prove();
    const gate = transport.delayAnswer('/_bulk_docs');
    const write = memory.put(key('k'), 2);
    await gate.reached;
    const later = 'ffff00000000000a-z';
    const rows = memory.stats().appliedRows;
    await replicate(test, 'k', '1-00', later);
    await until(() => memory.stats().appliedRows > rows);
    gate.open();
    await write;
    await vi.waitFor(() => expect(value(memory, key('k'))).toBe(later), { timeout: 8_000, interval: 5 });
  });

  it('M20 T34: a writer reads its own write at once, also where another leaf was told of meanwhile', async () => {
    await using test = await pair();
    const { memory, transport } = test;
    await memory.put(key('k'), 1);
    await memory.prove();
    const request = new Gate();
    transport.next('/_bulk_docs', async (_, forward) => {
      request.arrive();
      await request.opened;
      return forward();
    });
    const write = memory.put(key('k'), 2);
    await request.reached;
    const rows = memory.stats().appliedRows;
    await replicate(test, 'k', '1-00', '000000000000000a-z');
    // The leaves are not to be had for a while.
    const leaves = new Gate();
    transport.next(
      '/_bulk_get',
      async (_, forward) => {
        await leaves.opened;
        return forward();
      },
      10,
    );
    await until(() => memory.stats().appliedRows > rows);
    // The write's own row would show it too.
    const feed = transport.freezeFeed();
    request.open();
    await write;
    expect(value(memory, key('k'))).toBe(2);
    feed.open();
    leaves.open();
    expect((await memory.get(key('k'), { fresh: true }))?.value).toBe(2);
  });
});
