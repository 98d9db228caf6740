import type { CachedStore } from '@xir/accounts';
import { systemClock } from '@xir/couch-client';
import { Kv4Error, type KeyAddress } from '@xir/kv4-core';
import { RespReplyWriter } from '@xir/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Call } from '../src/command.ts';
import { FoldedAdditions, MAX_FOLDED_ADDITIONS } from '../src/folded-additions.ts';
import { KeyTurns } from '../src/key-turns.ts';
import { notAnInteger } from '../src/numbers.ts';
import { openFixture, type Fixture } from './face-fixture.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const ascending = (replies: readonly unknown[]) => replies.map(Number).sort((left, right) => left - right);
const codeOf = (outcome: PromiseSettledResult<unknown>) => (outcome.status === 'rejected' ? (outcome.reason as { code?: string }).code : outcome.value);

/** Additions over a store whose puts can be held back, counted and refused. */
function openAdditions(key: string) {
  const address: KeyAddress = { bucket: 'elena', layer: '*data', path: '/folded', key };
  const failures: Error[] = [];
  const values: unknown[] = [];
  let gate: Promise<void> | undefined;
  let onPut: (() => void) | undefined;
  const { store } = fixture;
  const put: CachedStore['put'] = async (...args) => {
    values.push(args[1]);
    onPut?.();
    await gate;
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return store.put(...args);
  };
  const counted = { put, get: store.get.bind(store), delete: store.delete.bind(store) };
  const additions = new FoldedAdditions();
  const context = { store: counted, turns: new KeyTurns(), clock: systemClock };
  const callOf = (author: string) => ({ context, client: { login: { bucket: 'elena', author } }, args: [], reply: new RespReplyWriter() }) as unknown as Call;
  const add = (by: number | bigint = 1, author = 'elena') => additions.add(callOf(author), address, { by, wrong: notAnInteger });
  /** Adds once, and the others while the write of the first is under way. */
  const addDuring = async (others: () => Array<Promise<unknown>>): Promise<Array<PromiseSettledResult<unknown>>> => {
    let release = () => {};
    gate = new Promise((resolve) => (release = resolve));
    const putting = new Promise<void>((resolve) => (onPut = resolve));
    const first = add();
    await putting;
    onPut = undefined;
    const all = Promise.allSettled([first, ...others()]);
    gate = undefined;
    release();
    return all;
  };
  return { address, additions, values, failures, add, addDuring };
}

describe('additions to one key', () => {
  it('C7 that come while a write is under way leave in one write behind it, and each caller gets the sum of its own', async () => {
    const { additions, values, add, addDuring } = openAdditions('together');
    const outcomes = await addDuring(() => [add(1), add(10), add(-5), add(100)]);
    expect(outcomes.map(codeOf)).toEqual([1, 2, 12, 7, 107]);
    expect(values).toEqual([1, 107]);
    expect(additions.size).toBe(0);
  });

  it('C7 are bounded: what does not fit leaves in a write of its own', async () => {
    const { values, add, addDuring } = openAdditions('bounded');
    const outcomes = await addDuring(() => upTo(MAX_FOLDED_ADDITIONS + 1).map(() => add()));
    expect(outcomes.map(codeOf)).toEqual(upTo(MAX_FOLDED_ADDITIONS + 2));
    expect(values).toEqual([1, MAX_FOLDED_ADDITIONS + 1, MAX_FOLDED_ADDITIONS + 2]);
  });

  it('C7 are not folded where they are made in the names of different logins', async () => {
    const { address, values, add, addDuring } = openAdditions('authors');
    const outcomes = await addDuring(() => [add(1, 'other'), add(1), add(1, 'other')]);
    expect(outcomes.map(codeOf)).toEqual([1, 2, 4, 3]);
    expect(values).toEqual([1, 3, 4]);
    expect(await fixture.store.get(address)).toMatchObject({ value: 4, author: 'elena' });
  });

  it('C7 that cannot be made leave out only themselves', async () => {
    const { address, add, addDuring } = openAdditions('overflow');
    await fixture.store.put(address, '9223372036854775800', { author: 'elena' });
    const outcomes = await addDuring(() => [add(7), add(6), add(-2), add(1), add(1)]);
    expect(outcomes.map(codeOf)).toEqual([9_223_372_036_854_775_801n, 'RESP_NOT_A_NUMBER', 9_223_372_036_854_775_807n, 9_223_372_036_854_775_805n, 9_223_372_036_854_775_806n, 9_223_372_036_854_775_807n]);
  });

  it('C7 are all refused where the write is, and nothing was added', async () => {
    const { additions, address, values, failures, add, addDuring } = openAdditions('refused');
    await fixture.store.put(address, 40, { author: 'elena' });
    failures.push(new Kv4Error('KV4_BUSY', 'first'), new Kv4Error('KV4_OUTCOME_UNKNOWN', 'second'));
    const outcomes = await addDuring(() => [add(), add()]);
    expect(outcomes.map(codeOf)).toEqual(['KV4_BUSY', 'KV4_OUTCOME_UNKNOWN', 'KV4_OUTCOME_UNKNOWN']);
    expect([values, additions.size]).toEqual([[41, 42], 0]);
    expect(await add()).toBe(41);
  });

  it('C7 start again from what another has written meanwhile', async () => {
    const { address, values, add, addDuring } = openAdditions('raced');
    const outcomes = await addDuring(() => [fixture.store.put(address, 500, { author: 'elena' }), add(), add()]);
    const sums = outcomes.map(codeOf).filter((outcome) => typeof outcome === 'number');
    expect([sums, values.at(-1)]).toEqual([[501, 502, 503], 503]);
  });
});

describe('INCR of one key', () => {
  it('C7 is exact and distinct for every client on several neurons, beside SET and DEL', async () => {
    const neighbour = await fixture.openNeighbour();
    const clients = await Promise.all(upTo(16).map((index) => (index % 2 === 0 ? fixture.open() : neighbour.open())));
    const answers = await Promise.all(clients.flatMap((one) => upTo(10).map(() => one.call('INCR', '/folded/c7'))));
    expect(ascending(answers)).toEqual(upTo(160));
    // What a client asks in turn takes effect in turn, whatever else is added.
    const turns = await Promise.all(
      clients.map(async (one, index) => {
        const key = `/folded/turn-${index % 2}`;
        const replies = await one.pipeline([['INCRBY', key, 5], ['DEL', `${key}-${index}`], ['INCR', `${key}-${index}`], ['SET', `${key}-${index}`, 7], ['INCR', `${key}-${index}`], ['DEL', `${key}-${index}`], ['INCR', `${key}-${index}`]]);
        return replies.slice(1);
      }),
    );
    for (const turn of turns) expect(turn).toEqual([0, 1, 'OK', 8, 1, 1]);
    expect(await clients[0]?.call('INCRBY', '/folded/turn-0', 0)).toBe(40);
  });
});
