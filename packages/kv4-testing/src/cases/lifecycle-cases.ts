import assert from 'node:assert/strict';
import type { KeyAddress, Kv4Store, OperationOptions, PathAddress } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase, type Kv4StoreNeed } from '../suite/case.ts';
import { within } from '../suite/eventually.ts';
import { expectCode, rejectionOf } from '../suite/expect-code.ts';

/** Every operation of a store: the compiler refuses a table that lacks one. */
export type Kv4Operation = Exclude<keyof Kv4Store, 'supports' | 'close' | symbol>;

interface OperationCase {
  readonly needs: readonly Kv4StoreNeed[];
  run(store: Kv4Store, address: KeyAddress, options: OperationOptions): Promise<unknown>;
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) void item;
}

const OPERATIONS: Readonly<Record<Kv4Operation, OperationCase>> = {
  get: { needs: [], run: (store, address, options) => store.get(address, options) },
  put: { needs: [], run: (store, address, options) => store.put(address, { n: 2 }, options) },
  delete: { needs: [], run: (store, address, options) => store.delete(address, options) },
  deletePath: { needs: [], run: (store, address, options) => store.deletePath(address, options) },
  deleteSubtree: { needs: [], run: (store, address, options) => store.deleteSubtree(address, options) },
  keys: { needs: [], run: (store, address, options) => store.keys(address, options) },
  list: { needs: [], run: (store, address, options) => store.list(address, options) },
  tree: { needs: [], run: (store, address, options) => store.tree(address, options) },
  paths: { needs: [], run: (store, address, options) => store.paths(address, options) },
  layers: { needs: [], run: (store, address, options) => store.layers(address.bucket, options) },
  find: { needs: [], run: (store, address, options) => store.find(address, 'k2', 'mail', options) },
  series: { needs: ['history'], run: (store, address, options) => drain(store.series(address, options)) },
  at: { needs: ['history'], run: (store, address, options) => store.at(address, 0, options) },
  treeAt: { needs: ['history'], run: (store, address, options) => store.treeAt(address, 0, options) },
  aggregate: { needs: ['history'], run: (store, address, options) => store.aggregate(address, options) },
  watch: { needs: ['watch'], run: (store, address, options) => drain(store.watch({ type: 'key', address }, options)) },
};

const TABLE = Object.entries(OPERATIONS) as [Kv4Operation, OperationCase][];

type BadAddress = readonly [what: string, change: Partial<KeyAddress>];
const BAD_BUCKETS: readonly BadAddress[] = [
  ['an empty bucket', { bucket: '' }],
  ['a bucket too long', { bucket: 'b'.repeat(129) }],
  ['a lone surrogate in the bucket', { bucket: 'b\ud800' }],
  ['a bucket that is no string', { bucket: 7 as unknown as string }],
];
const BAD_PATHS: readonly BadAddress[] = [
  ...BAD_BUCKETS,
  ['an empty layer', { layer: '' }],
  ['a layer too long', { layer: 'l'.repeat(129) }],
  ['a lone surrogate in the path', { path: '/a/\udfff' }],
  ['a segment too long', { path: `/${'s'.repeat(257)}` }],
  ['too many segments', { path: '/s'.repeat(33) }],
  ['a path that is no string', { path: undefined as unknown as string }],
];
const BAD_KEYS: readonly BadAddress[] = [
  ...BAD_PATHS,
  ['an empty key', { key: '' }],
  ['a key too long', { key: 'k'.repeat(1025) }],
  ['a lone surrogate in the key', { key: '\ud83d' }],
  ['an id too long', { path: `/${'ä'.repeat(256)}`.repeat(7), key: 'ä'.repeat(1024) }],
];
const KEY_OPERATIONS: ReadonlySet<Kv4Operation> = new Set(['get', 'put', 'delete', 'series', 'at', 'aggregate', 'watch']);

function badAddresses(operation: Kv4Operation): readonly BadAddress[] {
  if (operation === 'layers') return BAD_BUCKETS;
  return KEY_OPERATIONS.has(operation) ? BAD_KEYS : BAD_PATHS;
}

/** An operation that should end at once, a watch included. */
function settled(c: CaseContext, name: Kv4Operation, outcome: Promise<unknown>): Promise<unknown> {
  return within(outcome, c.patienceMs, `${name} to be done or refused`);
}

/** For each operation the same three facts. */
const generated = TABLE.flatMap(([name, { needs, run }]): Kv4StoreCase[] => [
  kv4Case(`closed store: ${name} is refused with KV4_CLOSED`, needs, async (c) => {
    await c.store.close();
    await expectCode(settled(c, name, run(c.store, c.key('k'), {})), 'KV4_CLOSED');
  }),

  kv4Case(`bad address: ${name} is refused with KV4_BAD_ADDRESS`, needs, async (c) => {
    for (const [what, change] of badAddresses(name)) {
      const error = await expectCode(settled(c, name, run(c.store, { ...c.key('k'), ...change }, {})), 'KV4_BAD_ADDRESS').catch((failure: unknown) => failure);
      assert.ok(error instanceof Error && 'code' in error && error.code === 'KV4_BAD_ADDRESS', `${what}: ${String(error)}`);
    }
  }),

  kv4Case(`aborted signal: ${name} ${name === 'watch' ? 'ends at once' : 'is refused with its reason'} and changes nothing`, needs, async (c) => {
    await c.store.put(c.key('k'), { n: 1 });
    const reason = new Error('the caller has left');
    const outcome = settled(c, name, run(c.store, c.key('k'), { signal: AbortSignal.abort(reason) }));
    if (name === 'watch') await outcome;
    else assert.equal(await rejectionOf(outcome), reason);
    assert.deepEqual(await c.value(c.key('k')), { n: 1 });
  }),
]);

/** Opening, closing, refusing. */
export const lifecycleCases: readonly Kv4StoreCase[] = [
  ...generated,

  kv4Case('close: twice, at once and one after the other, is close', [], async (c) => {
    await Promise.all([c.store.close(), c.store.close()]);
    await c.store.close();
    await c.store[Symbol.asyncDispose]();
    await expectCode(c.store.get(c.key('k')), 'KV4_CLOSED');
  }),

  kv4Case('close: operations under way are done or refused with KV4_CLOSED, and none hangs', [], async (c) => {
    const address: KeyAddress & PathAddress = c.key('k');
    const underWay = [c.store.get(address), ...Array.from({ length: 10 }, (_, n) => c.store.put(address, { n })), c.store.keys(address)];
    const ends = Promise.allSettled<unknown>(underWay);
    await c.store.close();
    for (const result of await within(ends, c.patienceMs, 'the operations under way')) {
      if (result.status === 'rejected') await expectCode(Promise.reject(result.reason as Error), 'KV4_CLOSED');
    }
    await expectCode(c.store.get(address), 'KV4_CLOSED');
  }),
];
