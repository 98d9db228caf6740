import assert from 'node:assert/strict';
import type { WriteCondition, WriteResult } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

const WRITERS = 12;

/** Of writers with the same condition exactly one wins; the others are told why, and the value that stands is the winner's. */
async function expectOneWinner(c: CaseContext, condition: WriteCondition, code: 'KV4_ALREADY_EXISTS' | 'KV4_VERSION_CONFLICT'): Promise<void> {
  const address = c.key('contended');
  const attempts = Array.from({ length: WRITERS }, (_, writer) => c.store.put(address, { writer }, { condition }));
  const settled = await Promise.allSettled(attempts);
  const winners = settled.flatMap((result, writer) => (result.status === 'fulfilled' ? [{ writer, result: result.value }] : []));
  assert.equal(winners.length, 1, `${winners.length} of ${WRITERS} writers won`);
  for (const [writer, attempt] of attempts.entries()) {
    if (writer !== winners[0]?.writer) await expectCode(attempt, code);
  }
  const record = await c.record(address);
  assert.deepEqual(record.value, { writer: winners[0]?.writer });
  assert.equal(record.version, winners[0]?.result.version);
}

async function increment(c: CaseContext): Promise<void> {
  const address = c.key('sum');
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { value, version } = await c.record(address);
    try {
      await c.store.put(address, { n: (value as { n: number }).n + 1 }, { condition: { type: 'version', version } });
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'KV4_VERSION_CONFLICT') throw error;
    }
  }
  throw new Error('500 attempts to increment were refused, each with the version just read');
}

/** Several writers of one key at once. */
export const concurrencyCases: readonly Kv4StoreCase[] = [
  kv4Case('concurrent: of writers with the same version exactly one succeeds', [], async (c) => {
    const { version } = await c.store.put(c.key('contended'), { writer: -1 });
    await expectOneWinner(c, { type: 'version', version }, 'KV4_VERSION_CONFLICT');
  }),

  kv4Case('concurrent: of creators of a key exactly one succeeds', [], (c) => expectOneWinner(c, { type: 'absent' }, 'KV4_ALREADY_EXISTS')),

  kv4Case('concurrent: counters kept by compare-and-set lose no increment', [], async (c) => {
    await c.store.put(c.key('sum'), { n: 0 });
    await Promise.all([1, 2, 3, 4].map(async () => {
      for (let round = 0; round < 4; round += 1) await increment(c);
    }));
    assert.deepEqual(await c.value(c.key('sum')), { n: 16 });
  }),

  kv4Case('concurrent: merges of different fields are all there', [], async (c) => {
    await c.store.put(c.key('merged'), {});
    const fields = Array.from({ length: WRITERS }, (_, index) => `field${index}`);
    await Promise.all(fields.map((field) => c.store.put(c.key('merged'), { [field]: true }, { merge: true })));
    assert.deepEqual(Object.keys((await c.value(c.key('merged'))) as object).sort(), [...fields].sort());
  }),

  kv4Case('concurrent: unconditional writes of one key get different versions, and the highest stands', [], async (c) => {
    const address = c.key('hot');
    const results = await Promise.all(Array.from({ length: 40 }, (_, n) => c.store.put(address, { n })));
    const versions = results.map((result) => result.version).sort();
    assert.equal(new Set(versions).size, results.length);
    assert.equal((await c.record(address)).version, versions.at(-1));
  }),

  kv4Case('concurrent: a hot key loses no version from its series', ['history'], async (c) => {
    const address = c.key('hot');
    const results: WriteResult[] = await Promise.all(Array.from({ length: 40 }, (_, n) => c.store.put(address, { n })));
    const series = await c.versions(address);
    assert.deepEqual(series.map((version) => version.version).sort(), results.map((result) => result.version).sort());
    for (const [n, result] of results.entries()) assert.deepEqual(series.find((version) => version.version === result.version)?.value, { n });
  }),

  kv4Case('concurrent: deletes of one key count once', [], async (c) => {
    await c.store.put(c.key('doomed'), { n: 1 });
    const results = await Promise.all([1, 2, 3, 4].map(() => c.store.delete(c.key('doomed'))));
    assert.equal(results.filter((result) => result !== undefined).length, 1);
    assert.equal(await c.store.get(c.key('doomed')), undefined);
  }),
];
