import assert from 'node:assert/strict';
import type { WatchEvent, WatchScope } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';
import type { WatchRecorder } from '../suite/watch-recorder.ts';

function subtree(c: CaseContext, below = ''): WatchScope {
  return { type: 'subtree', address: c.path(below) };
}

/** Events about the case's own keys, as words: `put /a/k` or `delete /a/k`. */
function changes(c: CaseContext, recorder: WatchRecorder): string[] {
  return recorder.events.flatMap((event) => {
    if (event.type !== 'put' && event.type !== 'delete') return [];
    const address = event.type === 'put' ? event.record.address : event.address;
    return address.path.startsWith(c.path().path) ? [`${event.type} ${c.nameOf(address)}`] : [];
  });
}

/** Waits until a put or a deletion of a key shows. */
function change(c: CaseContext, recorder: WatchRecorder, words: string): Promise<WatchEvent> {
  return recorder.until((event) => {
    if (event.type !== 'put' && event.type !== 'delete') return false;
    return `${event.type} ${c.nameOf(event.type === 'put' ? event.record.address : event.address)}` === words;
  }, `"${words}"`);
}

/** What a scope covers of keys around `/a/b`, in a tree of siblings that begin alike. */
async function expectCovered(c: CaseContext, scope: WatchScope, covered: readonly string[]): Promise<void> {
  const names = ['k', '/a/k', '/a/b/k', '/a/b/l', '/a/b/c/k', '/a/b-c/k', '/a/bc/k', '/a/b!/k', '/ab/k'];
  await c.fill(names);
  const recorder = c.watch(scope);
  await recorder.live();
  assert.deepEqual(changes(c, recorder).sort(), covered.map((name) => `put ${name}`).sort());
  for (const name of names) await c.store.delete(c.named(name));
  for (const name of covered) await change(c, recorder, `delete ${name}`);
  await c.fill(names);
  const last = await c.store.put(c.named(covered[0] as string), { name: 'last' });
  await recorder.version(last.version);
  const seen = new Set(changes(c, recorder).map((words) => words.split(' ').slice(1).join(' ')));
  assert.deepEqual([...seen].sort(), [...covered].sort());
  assert.deepEqual(recorder.violations(), []);
}

/** What a watch covers, how it begins, and what it tells. */
export const watchCases: readonly Kv4StoreCase[] = [
  kv4Case('watch: where the store does not claim it, it is refused with KV4_UNSUPPORTED', ['no-watch'], async (c) => {
    await expectCode(c.store.watch(subtree(c))[Symbol.asyncIterator]().next(), 'KV4_UNSUPPORTED');
  }),

  kv4Case('watch: begins with the values that are there and the end of them', ['watch'], async (c) => {
    await c.fill(['a', 'b', '/p/c', 'gone']);
    await c.store.delete(c.key('gone'));
    const recorder = c.watch(subtree(c));
    await recorder.live();
    assert.deepEqual(changes(c, recorder).sort(), ['put /p/c', 'put a', 'put b']);
    assert.equal(recorder.events.at(-1)?.type, 'end-of-initial');
    for (const record of recorder.puts) {
      assert.deepEqual(record.value, { name: c.nameOf(record.address) });
      assert.equal(record.version, (await c.record(record.address)).version);
    }
  }),

  kv4Case('watch: of nothing begins with the end of the initial values', ['watch'], async (c) => {
    const recorder = c.watch(subtree(c, '/empty'));
    await recorder.live();
    assert.deepEqual(recorder.events.map((event) => event.type), ['end-of-initial']);
  }),

  kv4Case('watch: tells every key written and deleted, with its value and version', ['watch'], async (c) => {
    const recorder = c.watch(subtree(c));
    await recorder.live();
    const put = await c.store.put(c.key('k'), { n: 1 }, { secondary: { k2: 'two' } });
    const seen = await recorder.version(put.version);
    assert.ok(seen.type === 'put');
    assert.deepEqual([seen.record.address, seen.record.value, seen.record.secondary], [c.key('k'), { n: 1 }, { k2: 'two' }]);
    assert.equal(typeof seen.position, 'string');
    const deleted = await c.store.delete(c.key('k'));
    const gone = await change(c, recorder, 'delete k');
    assert.ok(gone.type === 'delete' && (gone.version === undefined || gone.version === deleted?.version));
    const again = await c.store.put(c.key('k'), { n: 2 });
    await recorder.version(again.version);
    assert.deepEqual(recorder.violations(), []);
  }),

  kv4Case('watch: the previous record, where it is told, is the one that was replaced', ['watch'], async (c) => {
    const first = await c.store.put(c.key('k'), { n: 1 });
    const recorder = c.watch({ type: 'key', address: c.key('k') });
    await recorder.live();
    const second = await c.store.put(c.key('k'), { n: 2 });
    const replaced = await recorder.version(second.version);
    assert.ok(replaced.type === 'put');
    if (replaced.previous !== undefined) assert.deepEqual([replaced.previous.version, replaced.previous.value], [first.version, { n: 1 }]);
    await c.store.delete(c.key('k'));
    const gone = await change(c, recorder, 'delete k');
    assert.ok(gone.type === 'delete');
    if (gone.previous !== undefined) assert.deepEqual([gone.previous.version, gone.previous.value], [second.version, { n: 2 }]);
  }),

  kv4Case('watch: a key covers that key alone', ['watch'], (c) => expectCovered(c, { type: 'key', address: c.key('k', '/a/b') }, ['/a/b/k'])),
  kv4Case('watch: a path covers its own keys', ['watch'], (c) => expectCovered(c, { type: 'path', address: c.path('/a/b') }, ['/a/b/k', '/a/b/l'])),
  kv4Case('watch: a subtree covers a path and what is beneath', ['watch'], (c) => expectCovered(c, subtree(c, '/a/b'), ['/a/b/k', '/a/b/l', '/a/b/c/k'])),
  kv4Case('watch: a layer covers all its paths, and no other layer', ['watch', 'layers'], async (c) => {
    const [one, two] = c.layers as [string, string];
    const recorder = c.watch({ type: 'layer', bucket: c.bucket, layer: one });
    await recorder.live();
    await c.store.put({ ...c.key('k', '/other'), layer: two }, {});
    const deep = await c.store.put({ ...c.key('k', '/deep/er'), layer: one }, {});
    const flat = await c.store.put({ ...c.key('k'), layer: one }, {});
    await recorder.version(deep.version);
    await recorder.version(flat.version);
    assert.deepEqual(changes(c, recorder).sort(), ['put /deep/er/k', 'put k']);
  }),

  kv4Case('watch: without initial values, only what changes', ['watch'], async (c) => {
    const before = await c.store.put(c.key('k'), { n: -1 });
    const recorder = c.watch(subtree(c), { initial: false });
    // The watch may begin a moment after the call, so writes go on until one is seen.
    let n = 0;
    const first = await c.eventually(async () => {
      await c.store.put(c.key('k'), { n: n++ });
      const event = recorder.events.find((candidate) => candidate.type === 'put');
      assert.ok(event, 'a write should have been seen');
      return event;
    });
    assert.ok(first.type === 'put' && first.record.version > before.version);
    assert.ok(!recorder.events.some((event) => event.type === 'put' && event.record.version === before.version));
  }),

  kv4Case('watch: of a burst, the events of a key are in order, none comes twice, and the last is seen', ['watch'], async (c) => {
    const recorder = c.watch(subtree(c));
    await recorder.live();
    const keys = ['a', 'b', 'c'];
    const results = await Promise.all(Array.from({ length: 45 }, (_, n) => c.store.put(c.key(keys[n % 3] as string), { n })));
    for (const index of [0, 1, 2]) {
      const last = results.filter((_, n) => n % 3 === index).map((result) => result.version).sort().at(-1) as string;
      await recorder.version(last);
    }
    assert.deepEqual(recorder.violations(), []);
    for (const key of keys) {
      const lastSeen = recorder.puts.filter((record) => record.address.key === key).at(-1);
      assert.equal(lastSeen?.version, (await c.record(c.key(key))).version);
    }
  }),

  kv4Case('watch: of keys that come and go, the last event tells how it ended', ['watch'], async (c) => {
    const recorder = c.watch(subtree(c));
    await recorder.live();
    for (let round = 0; round < 5; round += 1) {
      await c.store.put(c.key('stays'), { round });
      await c.store.delete(c.key('goes'));
      await c.store.delete(c.key('stays'));
      await c.store.put(c.key('goes'), { round });
    }
    const stays = await c.store.put(c.key('stays'), { round: 'last' });
    await c.store.delete(c.key('goes'));
    await recorder.version(stays.version);
    await c.eventually(async () => assert.equal(changes(c, recorder).findLast((words) => words.endsWith(' goes')), 'delete goes'));
    assert.deepEqual(recorder.violations(), []);
  }),

  kv4Case('watch: of a subtree deleted, every key is told', ['watch'], async (c) => {
    const names = ['/a/k', '/a/l', '/a/b/k', '/a/b/c/k'];
    await c.fill(names);
    const recorder = c.watch(subtree(c));
    await recorder.live();
    await c.store.deleteSubtree(c.path('/a'));
    for (const name of names) await change(c, recorder, `delete ${name}`);
    assert.deepEqual(recorder.violations(), []);
  }),

  kv4Case('watch: with history, every version is told, also of a burst', ['watch', 'history'], async (c) => {
    const recorder = c.watch({ type: 'key', address: c.key('hot') }, { history: true });
    await recorder.live();
    const results = await Promise.all(Array.from({ length: 60 }, (_, n) => c.store.put(c.key('hot'), { n })));
    const versions = results.map((result) => result.version).sort();
    await recorder.version(versions.at(-1) as string);
    assert.deepEqual(recorder.puts.map((record) => record.version), versions);
    for (const record of recorder.puts) {
      assert.deepEqual(record.value, { n: results.findIndex((result) => result.version === record.version) });
    }
  }),

  kv4Case('watch: begun while keys are being written, it misses none', ['watch'], async (c) => {
    let writing = true;
    const written = (async () => {
      let n = 0;
      for (; writing && n < 200; n += 1) await c.store.put(c.key(`k${n % 10}`), { n });
      return n;
    })();
    const recorder = c.watch(subtree(c));
    await recorder.live();
    writing = false;
    const last = await c.store.put(c.key('last'), { n: await written });
    await recorder.version(last.version);
    for (const { address, version } of (await c.store.list(c.path())).items) {
      await recorder.until((event) => event.type === 'put' && event.record.version === version, `the standing version of ${address.key}`);
    }
    assert.deepEqual(recorder.violations(), []);
  }),

  kv4Case('watch: several at once each tell all', ['watch'], async (c) => {
    const recorders = [c.watch(subtree(c)), c.watch(subtree(c)), c.watch({ type: 'key', address: c.key('k') }), c.watch({ type: 'path', address: c.path() })];
    for (const recorder of recorders) await recorder.live();
    await recorders[0]?.stop();
    const { version } = await c.store.put(c.key('k'), { n: 1 });
    for (const recorder of recorders.slice(1)) await recorder.version(version);
    assert.deepEqual(recorders.flatMap((recorder) => recorder.violations()), []);
  }),

  kv4Case('watch: options that make no sense are refused with KV4_BAD_OPTION', ['watch'], async (c) => {
    const first = (scope: WatchScope, options: object): Promise<unknown> => c.store.watch(scope, options)[Symbol.asyncIterator]().next();
    await expectCode(first(subtree(c), { maxQueuedEvents: 0 }), 'KV4_BAD_OPTION');
    await expectCode(first({ type: 'planet' } as unknown as WatchScope, {}), 'KV4_BAD_OPTION');
  }),
];
