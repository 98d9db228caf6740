import assert from 'node:assert/strict';
import type { KeyAddress, WriteCondition } from '@xir/kv4-core';
import type { CaseContext } from '../suite/case-context.ts';
import { kv4Case, type Kv4StoreCase } from '../suite/case.ts';
import { expectCode } from '../suite/expect-code.ts';

/** A version that no key has. */
const STRANGE_VERSION = '0000000000010000-nobody';

async function keyWith(c: CaseContext, n: number): Promise<{ address: KeyAddress; version: string }> {
  const address = c.key('locked');
  const { version } = await c.store.put(address, { n });
  return { address, version };
}

/** A refused write names the version that stands, and leaves the key alone. */
async function expectRefused(c: CaseContext, condition: WriteCondition, code: 'KV4_ALREADY_EXISTS' | 'KV4_VERSION_CONFLICT' | 'KV4_VERSION_MISSING'): Promise<void> {
  const { address, version } = await keyWith(c, 1);
  const error = await expectCode(c.store.put(address, { n: 2 }, { condition }), code);
  assert.equal(error.currentVersion, version);
  const record = await c.record(address);
  assert.deepEqual(record.value, { n: 1 });
  assert.equal(record.version, version);
}

async function expectCreated(c: CaseContext, condition: WriteCondition): Promise<void> {
  await c.store.put(c.key('new'), { n: 1 }, { condition });
  assert.deepEqual(await c.value(c.key('new')), { n: 1 });
}

/** What a write may require of the key. */
export const conditionCases: readonly Kv4StoreCase[] = [
  kv4Case('absent: creates a key that is not there', [], (c) => expectCreated(c, { type: 'absent' })),
  kv4Case('absent: refuses a key that is there with KV4_ALREADY_EXISTS', [], (c) => expectRefused(c, { type: 'absent' }, 'KV4_ALREADY_EXISTS')),
  kv4Case('absent: creates again after a deletion', [], async (c) => {
    const { address } = await keyWith(c, 1);
    await c.store.delete(address);
    await c.store.put(address, { n: 2 }, { condition: { type: 'absent' } });
    assert.deepEqual(await c.value(address), { n: 2 });
  }),
  kv4Case('present: replaces a key that is there', [], async (c) => {
    const { address } = await keyWith(c, 1);
    await c.store.put(address, { n: 2 }, { condition: { type: 'present' } });
    assert.deepEqual(await c.value(address), { n: 2 });
  }),
  kv4Case('present: refuses a key that is not there with KV4_NOT_FOUND', [], async (c) => {
    await expectCode(c.store.put(c.key('new'), { n: 1 }, { condition: { type: 'present' } }), 'KV4_NOT_FOUND');
    assert.equal(await c.store.get(c.key('new')), undefined);
  }),
  kv4Case('version: the current version replaces', [], async (c) => {
    const { address, version } = await keyWith(c, 1);
    const second = await c.store.put(address, { n: 2 }, { condition: { type: 'version', version } });
    assert.deepEqual(await c.value(address), { n: 2 });
    await c.store.put(address, { n: 3 }, { condition: { type: 'version', version: second.version } });
    assert.deepEqual(await c.value(address), { n: 3 });
  }),
  kv4Case('version: a strange version is refused with KV4_VERSION_CONFLICT', [], (c) =>
    expectRefused(c, { type: 'version', version: STRANGE_VERSION }, 'KV4_VERSION_CONFLICT'),
  ),
  kv4Case('version: the version before the current one is refused', [], async (c) => {
    const { address, version } = await keyWith(c, 1);
    const second = await c.store.put(address, { n: 2 });
    const error = await expectCode(c.store.put(address, { n: 3 }, { condition: { type: 'version', version } }), 'KV4_VERSION_CONFLICT');
    assert.equal(error.currentVersion, second.version);
    assert.deepEqual(await c.value(address), { n: 2 });
  }),
  kv4Case('version: a key that is not there is refused with KV4_VERSION_CONFLICT', [], async (c) => {
    const condition: WriteCondition = { type: 'version', version: STRANGE_VERSION };
    await expectCode(c.store.put(c.key('new'), { n: 1 }, { condition }), 'KV4_VERSION_CONFLICT');
    assert.equal(await c.store.get(c.key('new')), undefined);
  }),
  kv4Case('version: the version of a value since deleted is refused', [], async (c) => {
    const { address, version } = await keyWith(c, 1);
    await c.store.delete(address);
    await expectCode(c.store.put(address, { n: 2 }, { condition: { type: 'version', version } }), 'KV4_VERSION_CONFLICT');
    assert.equal(await c.store.get(address), undefined);
  }),
  kv4Case('locked: creates a key that is not there, whatever version is given', [], async (c) => {
    await expectCreated(c, { type: 'locked' });
    await c.store.put(c.key('newer'), { n: 1 }, { condition: { type: 'locked', version: STRANGE_VERSION } });
    assert.deepEqual(await c.value(c.key('newer')), { n: 1 });
  }),
  kv4Case('locked: the current version replaces', [], async (c) => {
    const { address, version } = await keyWith(c, 1);
    await c.store.put(address, { n: 2 }, { condition: { type: 'locked', version } });
    assert.deepEqual(await c.value(address), { n: 2 });
  }),
  kv4Case('locked: without a version, a key that is there is refused with KV4_VERSION_MISSING', [], (c) => expectRefused(c, { type: 'locked' }, 'KV4_VERSION_MISSING')),
  kv4Case('locked: with another version, a key that is there is refused with KV4_VERSION_CONFLICT', [], (c) =>
    expectRefused(c, { type: 'locked', version: STRANGE_VERSION }, 'KV4_VERSION_CONFLICT'),
  ),
  kv4Case('any: writes over whatever is there', [], async (c) => {
    const { address } = await keyWith(c, 1);
    await c.store.put(address, { n: 2 }, { condition: { type: 'any' } });
    assert.deepEqual(await c.value(address), { n: 2 });
  }),
  kv4Case('delete with version: the current version deletes, another does not', [], async (c) => {
    const { address, version } = await keyWith(c, 1);
    const condition: WriteCondition = { type: 'version', version: STRANGE_VERSION };
    await expectCode(c.store.delete(address, { condition }), 'KV4_VERSION_CONFLICT');
    assert.deepEqual(await c.value(address), { n: 1 });
    await c.store.delete(address, { condition: { type: 'version', version } });
    assert.equal(await c.store.get(address), undefined);
  }),
  kv4Case('delete with locked: without a version, a key that is there stays', [], async (c) => {
    const { address } = await keyWith(c, 1);
    await expectCode(c.store.delete(address, { condition: { type: 'locked' } }), 'KV4_VERSION_MISSING');
    assert.deepEqual(await c.value(address), { n: 1 });
  }),
  kv4Case('delete with present: a key that is not there is refused with KV4_NOT_FOUND', [], async (c) => {
    await expectCode(c.store.delete(c.key('nobody'), { condition: { type: 'present' } }), 'KV4_NOT_FOUND');
  }),
];
