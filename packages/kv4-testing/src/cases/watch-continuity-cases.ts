import assert from 'node:assert/strict';
import type { WatchEvent, WatchScope } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { within } from '../suite/eventually.ts';
import type { WatchRecorder } from '../suite/watch-recorder.ts';
import { watchViolations } from '../suite/watch-violations.ts';

function subtree(c: CaseContext): WatchScope {
  return { type: 'subtree', address: c.path() };
}

/** The standing versions of the case's keys are all told, as values or as changes. */
async function expectEverythingTold(c: CaseContext, recorder: WatchRecorder): Promise<void> {
  for (const { version, address } of (await c.store.tree(c.path())).items) {
    await recorder.until((event) => event.type === 'put' && event.record.version === version, `the standing version of ${address.key}`);
  }
  assert.deepEqual(recorder.violations(), []);
}

/** Reads from a watch by hand until an event matches or the watch ends. */
async function readUntil(c: CaseContext, events: AsyncIterator<WatchEvent>, matches: (event: WatchEvent) => boolean): Promise<WatchEvent[]> {
  const read: WatchEvent[] = [];
  for (;;) {
    const result = await within(events.next(), c.patienceMs, 'an event or the end of the watch');
    if (result.done === true) return read;
    read.push(result.value);
    if (matches(result.value)) return read;
  }
}

/** Resuming, lagging, ending. */
export const watchContinuityCases: readonly Kv4StoreCase[] = [
  kv4Case('resume: behind a position comes all that followed, or a reset and all values', ['watch'], async (c) => {
    const before = c.watch(subtree(c));
    await before.live();
    await c.store.put(c.key('early'), { n: 1 });
    const mark = await c.store.put(c.key('mark'), { n: 1 });
    const { position } = await before.version(mark.version);
    await before.stop();
    await c.store.put(c.key('a'), { n: 1 });
    await c.store.put(c.key('a'), { n: 2 });
    await c.store.put(c.key('b'), { n: 1 });
    await c.store.delete(c.key('early'));
    const after = c.watch(subtree(c), { after: position });
    for (const key of ['a', 'b']) await after.version((await c.record(c.key(key))).version);
    const live = await c.store.put(c.key('live'), { n: 1 });
    await after.version(live.version);
    if (after.events[0]?.type === 'reset') {
      await after.live();
      await expectEverythingTold(c, after);
    } else {
      await after.until((event) => event.type === 'delete' && event.address.key === 'early', 'the deletion that happened meanwhile');
      assert.ok(!after.events.some((event) => event.type === 'put' && event.record.version === mark.version), 'the event of the position itself comes no more');
    }
    assert.deepEqual(after.violations(), []);
  }),

  kv4Case('resume: behind the end of the initial values comes what followed, or a reset and all values', ['watch'], async (c) => {
    await c.fill(['a', 'b']);
    const before = c.watch(subtree(c));
    const { position } = await before.live();
    await before.stop();
    await c.fill(['b', 'c']);
    const after = c.watch(subtree(c), { after: position });
    for (const key of ['b', 'c']) await after.version((await c.record(c.key(key))).version);
    if (after.events[0]?.type === 'reset') await expectEverythingTold(c, after);
    assert.deepEqual(after.violations(), []);
  }),

  kv4Case('resume: behind an initial value, the values not told yet are told', ['watch'], async (c) => {
    await c.fill(['a', 'b', 'c']);
    const events = c.store.watch(subtree(c))[Symbol.asyncIterator]();
    const [first] = await readUntil(c, events, () => true);
    await events.return?.();
    assert.ok(first?.type === 'put');
    const after = c.watch(subtree(c), { after: first.position });
    for (const { address, version } of (await c.store.list(c.path())).items) {
      if (address.key !== first.record.address.key) await after.version(version);
    }
    assert.deepEqual(after.violations(), []);
  }),

  kv4Case('resume: behind a position that is none, it begins with a reset and tells all values again', ['watch'], async (c) => {
    await c.fill(['a', 'b']);
    for (const after of ['', 'nonsense', '99999999-xyz']) {
      const recorder = c.watch(subtree(c), { after });
      await recorder.live();
      const [first] = recorder.events;
      assert.ok(first?.type === 'reset' && first.reason === 'position-unknown', `begins with ${first?.type}`);
      await expectEverythingTold(c, recorder);
      await recorder.stop();
    }
  }),

  kv4Case('latestOnly: a consumer that lags gets the newest state of each key and no reset', ['watch'], async (c) => {
    const events = c.store.watch(subtree(c), { latestOnly: true, maxQueuedEvents: 50 })[Symbol.asyncIterator]();
    await readUntil(c, events, (event) => event.type === 'end-of-initial');
    for (let n = 0; n < 120; n += 1) await c.store.put(c.key(`k${n % 3}`), { n });
    const { version } = await c.store.put(c.key('last'), { n: -1 });
    const read = await readUntil(c, events, (event) => event.type === 'put' && event.record.version === version);
    for (const key of ['k0', 'k1', 'k2']) {
      const standing = (await c.record(c.key(key))).version;
      if (!read.some((event) => event.type === 'put' && event.record.version === standing)) {
        read.push(...(await readUntil(c, events, (event) => event.type === 'put' && event.record.version === standing)));
      }
    }
    await events.return?.();
    assert.ok(!read.some((event) => event.type === 'reset'));
    assert.deepEqual(watchViolations(read), []);
  }),

  kv4Case('slow consumer: gets everything, or a reset after which the watch ends; writers do not wait for it', ['watch'], async (c) => {
    const events = c.store.watch(subtree(c), { maxQueuedEvents: 5 })[Symbol.asyncIterator]();
    await readUntil(c, events, (event) => event.type === 'end-of-initial');
    const versions: string[] = [];
    for (let n = 0; n < 60; n += 1) versions.push((await c.store.put(c.key(`k${n}`), { n })).version);
    const missing = new Set(versions);
    const read = await readUntil(c, events, (event) => {
      if (event.type === 'put') missing.delete(event.record.version);
      return missing.size === 0;
    });
    const last = read.at(-1);
    if (missing.size > 0) {
      assert.ok(last?.type === 'reset' && last.reason === 'slow-consumer', `ends with ${last?.type}, ${missing.size} events missing`);
      assert.equal((await within(events.next(), c.patienceMs, 'the end')).done, true);
    }
    await events.return?.();
    assert.deepEqual(watchViolations(read), []);
  }),

  kv4Case('end: an aborted signal ends the watch without an error', ['watch'], async (c) => {
    const recorder = c.watch(subtree(c));
    await recorder.live();
    assert.equal(await recorder.stop(), undefined);
    const told = recorder.events.length;
    await c.store.put(c.key('k'), { n: 1 });
    assert.equal(recorder.events.length, told);
  }),

  kv4Case('end: a signal aborted before ends the watch at once', ['watch'], async (c) => {
    await c.fill(['a']);
    const events = c.store.watch(subtree(c), { signal: AbortSignal.abort() })[Symbol.asyncIterator]();
    assert.equal((await within(events.next(), c.patienceMs, 'the end')).done, true);
  }),

  kv4Case('end: leaving the loop ends the watch, and the store goes on', ['watch'], async (c) => {
    await c.fill(['a', 'b']);
    for (let round = 0; round < 5; round += 1) {
      let seen = 0;
      for await (const event of c.store.watch(subtree(c))) {
        assert.ok(event.type === 'put');
        seen += 1;
        break;
      }
      assert.equal(seen, 1);
    }
    await c.store.put(c.key('c'), { n: 1 });
    assert.deepEqual((await c.store.keys(c.path())).items, ['a', 'b', 'c']);
  }),

  kv4Case('end: closing the store ends a watch under way with KV4_CLOSED', ['watch'], async (c) => {
    const recorder = c.watch(subtree(c));
    await recorder.live();
    await c.store.close();
    const failure = await within(recorder.ended, c.patienceMs, 'the end of the watch');
    assert.equal((failure as { code?: unknown } | undefined)?.code, 'KV4_CLOSED');
  }),
];
