import { describe, expect, it } from 'vitest';
import { formatVersion, type HeadDocument, type WriteCondition } from '../src/index.ts';
import { PresenceEstimate, presumesAbsent } from '../src/group-commit-presumption.ts';
import { Bench, idOf, putOf } from './support/group-commit-bench.ts';

const version = (timeMs: number): string => formatVersion({ timeMs, counter: 0, neuron: 'n0' });
const headAt = (key: string, timeMs: number, more: Partial<HeadDocument> = {}): HeadDocument => ({ _id: idOf(key), _rev: `${timeMs}-r`, v: timeMs, ver: version(timeMs), by: 'eve', ...more });
const documentOf = (text: string): HeadDocument => JSON.parse(text) as HeadDocument;
const id = idOf('k');
const optimist = (limits = {}): Bench => new Bench(limits, new PresenceEstimate());
const textOf = (bench: Bench): HeadDocument => documentOf(bench.one('write').documents[0]?.text ?? '');
/** A creation that was stored over a deleted document. */
const createOver = (bench: Bench): { ticket: number; created: HeadDocument } => {
  const ticket = bench.submit('k', putOf(7, { condition: { type: 'absent' } }));
  const created = textOf(bench);
  bench.answer(bench.one('write'), {}, { [id]: '3-x' });
  return { ticket, created };
};

describe('a write of a key that nothing is known of', () => {
  it('G21 leaves at once where nothing is demanded of the key but its absence, and the rest reads first', () => {
    const rows: [WriteCondition, leaves: boolean][] = [
      [{ type: 'any' }, true],
      [{ type: 'absent' }, true],
      [{ type: 'locked' }, true],
      [{ type: 'locked', version: version(1) }, false],
      [{ type: 'version', version: version(1) }, false],
      [{ type: 'present' }, false],
    ];
    for (const [condition, leaves] of rows) {
      const bench = optimist();
      const ticket = bench.submit('k', putOf(1, { condition }));
      expect(bench.actions.map((action) => action.type), JSON.stringify(condition)).toEqual([leaves ? 'write' : 'load']);
      if (!leaves) continue;
      expect(textOf(bench)).not.toHaveProperty('_rev');
      bench.answer(bench.one('write'));
      expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', head: { _rev: '1-x' }, durable: true });
      expect(bench.machine.stats().presumptions).toBe(1);
    }
  });

  it('G21 reads first what deletes, looks after, or keeps no history that would tell of an earlier life', () => {
    const bench = optimist();
    for (const operation of [{ type: 'delete', author: 'a', condition: { type: 'any' } }, { type: 'repair' }, { type: 'expire' }] as const) {
      bench.submit(`k${operation.type}`, operation);
      expect(bench.all('write')).toEqual([]);
    }
    bench.send({ type: 'submit', ticket: 50, id, operation: putOf(1, { condition: { type: 'absent' } }), retention: 'none', characters: 1 });
    expect(bench.all('write')).toEqual([]);
    expect(bench.machine.stats().presumptions).toBe(0);
  });

  it('G21 is refused, or goes on, on the head that is read when the key turns out to exist', () => {
    const bench = optimist();
    const create = bench.submit('k', putOf(1, { condition: { type: 'absent' } }));
    bench.answer(bench.one('write'), { [id]: 'conflict' });
    expect(bench.outcomes.has(create)).toBe(false);
    const any = bench.submit('k', putOf(2));
    bench.load('k', { head: headAt('k', 5) });
    expect(textOf(bench)).toMatchObject({ v: 2, _rev: '5-r', tail: [[version(5), 'eve', 5]] });
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(create)).toMatchObject({ type: 'refused', code: 'KV4_ALREADY_EXISTS', currentVersion: version(5) });
    expect(bench.outcomes.get(any)).toMatchObject({ type: 'written' });
  });

  it('G22 reads first once most unknown keys turn out to exist, and leaves at once again when they do not', () => {
    const bench = optimist();
    let misses = 0;
    for (; misses < 100; misses += 1) {
      bench.submit(`k${misses}`, putOf(1));
      if (bench.all('load').length > 0) break;
      bench.answer(bench.one('write'), { [idOf(`k${misses}`)]: 'conflict' });
      bench.load(`k${misses}`, { head: headAt(`k${misses}`, 1) });
      bench.answer(bench.one('write'));
    }
    expect(misses).toBeGreaterThan(5);
    expect(misses).toBeLessThan(20);
    bench.submit('created', putOf(1, { condition: { type: 'absent' } }));
    bench.answer(bench.one('write'));
    let reads = 0;
    for (; reads < 100; reads += 1) {
      bench.submit(`n${reads}`, putOf(1));
      if (bench.all('load').length === 0) break;
      bench.load(`n${reads}`);
      bench.answer(bench.one('write'));
    }
    expect(reads).toBeLessThan(20);
    expect(bench.machine.stats().conflicts).toBe(misses);
  });

  it('G22 learns nothing from writes that demand absence, nor twice from one key', () => {
    const presence = new PresenceEstimate(0.49);
    const bench = new Bench({}, presence);
    bench.submit('k', putOf(1, { condition: { type: 'absent' } }));
    bench.answer(bench.one('write'), { [id]: 'conflict' });
    bench.load('k', { head: headAt('k', 1) });
    expect(presence.likely).toBe(false);
    const likely = new PresenceEstimate(0.53);
    for (let n = 0; n < 2; n += 1) likely.note(false);
    expect([likely.likely, presumesAbsent(putOf(1), 'unlimited', likely)]).toEqual([false, true]);
  });
});

describe('a creation over a deleted document', () => {
  it('G23 is acknowledged once its versions are known to be above the history of the key', () => {
    for (const floor of [undefined, version(5)]) {
      const bench = optimist();
      const { ticket, created } = createOver(bench);
      expect(bench.one('floor')).toEqual({ type: 'floor', id });
      expect(bench.outcomes.has(ticket)).toBe(false);
      bench.send({ type: 'floored', id, ...(floor === undefined ? {} : { floor }) });
      expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: created.ver, durable: true, head: { _rev: '3-x' } });
      expect(bench.actions.map((action) => action.type)).toEqual(['committed', 'settle']);
    }
  });

  it('G23 is weighed also where the deleted document was read before: others may have made the key, and cleared it away, since', () => {
    const bench = new Bench();
    const ticket = bench.submit('k', putOf(7));
    bench.load('k', { floor: version(5) });
    bench.answer(bench.one('write'), {}, { [id]: '6-x' });
    expect(bench.outcomes.has(ticket)).toBe(false);
    bench.send({ type: 'floored', id, floor: version(90_000) });
    const raised = textOf(bench);
    expect(raised.ver > version(90_000)).toBe(true);
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: raised.ver });
  });

  it('G23 needs no second look where deletions leave no history', () => {
    const bench = new Bench();
    bench.send({ type: 'submit', ticket: 50, id, operation: putOf(7), retention: 'none', characters: 1 });
    bench.load('k', { floor: version(5) });
    bench.answer(bench.one('write'), {}, { [id]: '3-x' });
    expect(bench.outcomes.get(50)).toMatchObject({ type: 'written', head: { _rev: '3-x' } });
  });

  it('G23 is acknowledged as it stands where its own versions are the newest in segments', () => {
    const bench = optimist();
    const { ticket, created } = createOver(bench);
    bench.send({ type: 'floored', id, floor: created.ver });
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: created.ver });
    expect(bench.machine.stats().raises).toBe(0);
  });

  it('G23 is acknowledged as it stands where somebody has written it again as it is, to move its versions', () => {
    const bench = optimist();
    const { ticket, created } = createOver(bench);
    bench.send({ type: 'floored', id, floor: version(90_000) });
    bench.answer(bench.one('write'), { [id]: 'conflict' });
    bench.send({ type: 'resolved', id, base: { head: { ...created, _rev: '4-x', same: true }, floor: version(90_000) }, found: [] });
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: created.ver });
    expect(bench.all('write')).toEqual([]);
  });

  it('G23 is made again above that history where it is not, before anybody is told', () => {
    const bench = optimist();
    const { ticket, created } = createOver(bench);
    bench.send({ type: 'floored', id, floor: version(90_000) });
    expect(bench.outcomes.has(ticket)).toBe(false);
    const raised = textOf(bench);
    expect(raised).toMatchObject({ v: 7, _rev: '3-x' });
    expect(raised).not.toHaveProperty('tail');
    expect(raised.ver > version(90_000)).toBe(true);
    expect(raised.ver > created.ver).toBe(true);
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: raised.ver });
    expect(bench.machine.stats()).toMatchObject({ raises: 1, pendingOperations: 0, openDocuments: 0 });
  });

  it('G23 is made again whole: every operation that was folded into it', () => {
    const bench = optimist({ maxConcurrentBatches: 1 });
    bench.submit('hold', putOf(0), { base: {} });
    const hold = bench.one('write');
    const tickets = [1, 2].map((n) => bench.submit('k', putOf(n)));
    const refused = bench.submit('k', putOf(3, { condition: { type: 'absent' } }));
    bench.answer(hold);
    bench.answer(bench.one('write'), {}, { [id]: '3-x' });
    const behind = bench.submit('k', putOf(4));
    bench.send({ type: 'floored', id, floor: version(90_000) });
    const raised = textOf(bench);
    expect([raised.v, raised.tail?.map((entry) => entry[2])]).toEqual([4, [2, 1]]);
    expect((raised.tail?.at(-1)?.[0] ?? '') > version(90_000)).toBe(true);
    bench.answer(bench.one('write'));
    for (const ticket of [...tickets, behind]) expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written' });
    expect(bench.outcomes.get(refused)).toMatchObject({ type: 'refused', code: 'KV4_ALREADY_EXISTS' });
  });

  it('G23 is made again when only the oldest of its versions is below the history', () => {
    const bench = optimist({ maxConcurrentBatches: 1 });
    bench.submit('hold', putOf(0), { base: {} });
    const hold = bench.one('write');
    for (const n of [1, 2]) bench.submit('k', putOf(n));
    bench.answer(hold);
    const created = textOf(bench);
    const lowest = created.tail?.[0]?.[0] ?? '~';
    const floor = lowest.replace('-n1', '-n2');
    expect([lowest < floor, floor < created.ver]).toEqual([true, true]);
    bench.answer(bench.one('write'), {}, { [id]: '3-x' });
    bench.send({ type: 'floored', id, floor });
    expect((textOf(bench).tail?.[0]?.[0] ?? '') > floor).toBe(true);
  });

  it('G23 is acknowledged as it was first stored where somebody has written over it meanwhile', () => {
    const bench = optimist();
    const { ticket, created } = createOver(bench);
    bench.send({ type: 'floored', id, floor: version(90_000) });
    bench.answer(bench.one('write'), { [id]: 'conflict' });
    expect(bench.one('resolve')).toMatchObject({ floor: true });
    bench.send({ type: 'resolved', id, base: { head: headAt('k', 91_000, { tail: [[created.ver, 'ann', 7]] }), floor: version(90_000) }, found: [] });
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: created.ver });
    expect(bench.all('write')).toEqual([]);
  });

  it('G23 of unknown outcome is found and, below the history, made again', () => {
    for (const sunken of [true, false]) {
      const bench = optimist();
      const ticket = bench.submit('k', putOf(7));
      const lost = textOf(bench);
      bench.answer(bench.one('write'), { [id]: 'unknown' });
      expect(bench.one('resolve')).toEqual({ type: 'resolve', id, versions: [lost.ver], floor: true });
      bench.send({ type: 'resolved', id, base: { head: { ...lost, _rev: '3-x' }, floor: version(sunken ? 90_000 : 5) }, found: [] });
      expect(bench.outcomes.has(ticket)).toBe(!sunken);
      if (!sunken) continue;
      const raised = textOf(bench);
      expect(raised).toMatchObject({ v: 7, _rev: '3-x' });
      bench.answer(bench.one('write'), { [id]: 'unknown' });
      bench.send({ type: 'resolved', id, base: { head: { ...raised, _rev: '4-x' }, floor: version(90_000) }, found: [] });
      expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: raised.ver });
    }
  });

  it('G23 is never said to have failed when its history cannot be read', () => {
    const bench = optimist({ maxRetries: 1 });
    const { ticket } = createOver(bench);
    bench.send({ type: 'failed', id, cause: 'away' });
    expect(bench.one('wait').delayMs).toBeGreaterThan(0);
    bench.send({ type: 'due', id });
    expect(bench.one('floor')).toEqual({ type: 'floor', id });
    bench.send({ type: 'failed', id, cause: 'away' });
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'failed', code: 'KV4_OUTCOME_UNKNOWN', cause: 'away' });
    expect(bench.machine.stats()).toMatchObject({ pendingOperations: 0, openDocuments: 0 });
  });
});
