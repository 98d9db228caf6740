import { describe, expect, it } from 'vitest';
import { decodeHead, formatVersion, GroupCommit, type HeadDocument, type StoredVersion } from '../src/index.ts';
import { Bench, idOf, putOf } from './support/group-commit-bench.ts';

const version = (timeMs: number): string => formatVersion({ timeMs, counter: 0, neuron: 'n0' });
const headAt = (key: string, timeMs: number, more: Partial<HeadDocument> = {}): HeadDocument => ({ _id: idOf(key), _rev: `${timeMs}-r`, v: timeMs, ver: version(timeMs), by: 'eve', ...more });
const documentOf = (text: string): HeadDocument & { _deleted?: boolean } => JSON.parse(text) as HeadDocument;

describe('a group commit', () => {
  it('G1 has one write of a document on its way at most, and folds what arrives meanwhile into the next', () => {
    const bench = new Bench();
    bench.submit('k', putOf(1), { base: {} });
    const first = bench.one('write');
    bench.submit('k', putOf(2));
    bench.submit('k', putOf(3));
    expect(bench.actions).toEqual([]);
    bench.answer(first);
    const second = bench.one('write');
    const document = documentOf(second.documents[0]?.text ?? '');
    expect(document).toMatchObject({ v: 3, _rev: '1-x' });
    expect(document.tail?.map((entry) => entry[2])).toEqual([2, 1]);
    expect(decodeHead(document)).toBeDefined();
  });

  it('G2 settles the operations of a document in the order of their submission', () => {
    const bench = new Bench();
    const tickets = [1, 2, 3, 4].map((n) => bench.submit('k', putOf(n)));
    bench.load('k');
    bench.answer(bench.one('write'));
    expect(bench.settled).toEqual(tickets);
    const versions = tickets.map((ticket) => (bench.outcomes.get(ticket) as { version: string }).version);
    expect(versions).toEqual([...versions].sort());
  });

  it('G3 sends a single write at once when a slot is free, and together what waited for one', () => {
    const bench = new Bench({ maxConcurrentBatches: 1 });
    bench.submit('a', putOf(1), { base: {} });
    const first = bench.one('write');
    expect(first.documents).toHaveLength(1);
    for (const key of ['b', 'c', 'd']) bench.submit(key, putOf(1), { base: {} });
    expect(bench.actions).toEqual([]);
    bench.answer(first);
    expect(bench.one('write').documents.map((document) => document.id)).toEqual(['b', 'c', 'd'].map(idOf));
  });

  it('G3 sends together what is handed in together', () => {
    const bench = new Bench();
    const keys = ['a', 'b', 'c'];
    const events = keys.map((key, ticket) => ({ type: 'submit' as const, ticket, id: idOf(key), operation: putOf(1), retention: 'unlimited' as const, characters: 1, base: {} }));
    const actions = bench.machine.handle(events, { nowMs: 1, random: 0 });
    expect(actions.map((action) => action.type === 'write' && action.documents.map((document) => document.id))).toEqual([keys.map(idOf)]);
  });

  it('G3 reads together the heads that waited for a slot', () => {
    const bench = new Bench({ maxConcurrentLoads: 1 });
    bench.submit('a', putOf(1));
    expect(bench.one('load').ids).toEqual([idOf('a')]);
    bench.submit('b', putOf(1));
    bench.submit('c', putOf(1));
    bench.load('a');
    expect(bench.one('load').ids).toEqual([idOf('b'), idOf('c')]);
  });

  it('G4 fills no batch past its documents or characters, and a larger document travels alone', () => {
    const bench = new Bench({ maxConcurrentBatches: 1, maxBatchDocuments: 3, maxBatchCharacters: 500 });
    bench.submit('first', putOf(0), { base: {} });
    const first = bench.one('write');
    for (const key of ['a', 'b', 'c', 'd']) bench.submit(key, putOf(1), { base: {} });
    bench.submit('large', putOf('x'.repeat(2_000)), { base: {} });
    bench.submit('e', putOf(1), { base: {} });
    const sizes: string[][] = [];
    let write = first;
    for (let n = 0; n < 4; n += 1) {
      bench.answer(write);
      write = bench.one('write');
      sizes.push(write.documents.map((document) => document.id.split('!').at(-1) as string));
    }
    expect(sizes).toEqual([['a', 'b', 'c'], ['d'], ['large'], ['e']]);
  });

  it('G5 refuses what would pass the limit of the queue with KV4_BUSY, and nothing else', () => {
    const bench = new Bench({ maxPendingOperations: 2, maxPendingCharacters: 100 });
    bench.submit('a', putOf(1), { base: {} });
    const first = bench.one('write');
    const large = bench.submit('b', putOf(1), { characters: 91 });
    const second = bench.submit('b', putOf(1));
    const third = bench.submit('c', putOf(1));
    expect([large, second, third].map((ticket) => (bench.outcomes.get(ticket) as { code?: string } | undefined)?.code)).toEqual(['KV4_BUSY', undefined, 'KV4_BUSY']);
    bench.answer(first);
    expect(bench.machine.stats()).toMatchObject({ pendingOperations: 1, pendingCharacters: 10 });
    const fourth = bench.submit('c', putOf(1));
    expect(bench.outcomes.has(fourth)).toBe(false);
  });

  it('G6 reads a stale base again at once, and backs off with jitter from the second conflict on', () => {
    const bench = new Bench({ backoffBaseMs: 10, backoffMaxMs: 35 });
    bench.submit('k', putOf(1), { base: {} });
    bench.answer(bench.one('write'), { [idOf('k')]: 'conflict' });
    expect(bench.one('load').ids).toEqual([idOf('k')]);
    const delays: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      bench.load('k', { head: headAt('k', n + 1) });
      bench.answer(bench.one('write'), { [idOf('k')]: 'conflict' });
      delays.push(bench.one('wait').delayMs);
      bench.send({ type: 'due', id: idOf('k') });
      expect(bench.one('load').ids).toEqual([idOf('k')]);
    }
    expect(delays).toEqual([10, 18, 18, 18]);
    bench.load('k', { head: headAt('k', 9) });
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(1)).toMatchObject({ type: 'written', head: { v: 1, tail: [[version(9), 'eve', 9]] } });
  });

  it('G6 gives up with KV4_BUSY when others always come first', () => {
    const bench = new Bench({ maxConflicts: 2 });
    const ticket = bench.submit('k', putOf(1), { base: {} });
    for (let n = 1; n <= 3; n += 1) {
      bench.answer(bench.one('write'), { [idOf('k')]: 'conflict' });
      if (bench.all('wait').length > 0) bench.send({ type: 'due', id: idOf('k') });
      if (n < 3) bench.load('k', { head: headAt('k', n) });
    }
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'failed', code: 'KV4_BUSY' });
    expect(bench.machine.isOpen(idOf('k'))).toBe(false);
  });

  it('G7 refuses nothing on a cached head: it is read first', () => {
    const bench = new Bench();
    const create = putOf(1, { condition: { type: 'absent' } });
    const ticket = bench.submit('k', create, { base: { head: headAt('k', 1) } });
    expect(bench.outcomes.has(ticket)).toBe(false);
    expect(bench.one('load').ids).toEqual([idOf('k')]);
    bench.load('k', {});
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written' });
  });

  it('G7 refuses nothing on a head that was read before the operation came', () => {
    const bench = new Bench();
    const early = bench.submit('k', putOf(1, { condition: { type: 'absent' } }));
    bench.answer(bench.one('write'), { [idOf('k')]: 'conflict' });
    const late = bench.submit('k', putOf(2, { condition: { type: 'absent' } }));
    bench.load('k', { head: headAt('k', 1) });
    expect(bench.outcomes.get(early)).toMatchObject({ type: 'refused', code: 'KV4_ALREADY_EXISTS', currentVersion: version(1) });
    expect(bench.outcomes.has(late)).toBe(false);
    bench.load('k', { head: headAt('k', 1) });
    expect(bench.outcomes.get(late)).toMatchObject({ type: 'refused' });
  });

  it('G7 takes a stored write as proof of the head it was folded onto', () => {
    const bench = new Bench({ maxConcurrentBatches: 1 });
    const base = headAt('k', 1);
    bench.submit('hold', putOf(0), { base: {} });
    const write = bench.one('write');
    const first = bench.submit('k', putOf(1, { condition: { type: 'version', version: base.ver } }), { base: { head: base } });
    const second = bench.submit('k', putOf(2, { condition: { type: 'version', version: base.ver } }));
    bench.answer(write);
    expect(bench.outcomes.has(second)).toBe(false);
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(first)).toMatchObject({ type: 'written' });
    expect(bench.outcomes.get(second)).toMatchObject({ type: 'refused', code: 'KV4_VERSION_CONFLICT' });
  });

  it('G7 says that there is nothing to delete only after reading', () => {
    const bench = new Bench();
    const ticket = bench.submit('k', { type: 'delete', author: 'a', condition: { type: 'any' } }, { base: {} });
    expect(bench.outcomes.has(ticket)).toBe(false);
    bench.load('k', {});
    expect(bench.outcomes.get(ticket)).toEqual({ type: 'nothing' });
  });

  describe('G8 after a write of unknown outcome', () => {
    const lose = (bench: Bench): { ticket: number; lost: HeadDocument } => {
      const ticket = bench.submit('k', putOf(7), { base: { head: headAt('k', 1) } });
      const write = bench.one('write');
      bench.answer(write, { [idOf('k')]: 'unknown' });
      return { ticket, lost: documentOf(write.documents[0]?.text ?? '') };
    };
    const resolved = (bench: Bench, head: HeadDocument, found: string[] = []) => bench.send({ type: 'resolved', id: idOf('k'), base: { head }, found });

    it('G8 reads, and acknowledges the write where its version is current', () => {
      const bench = new Bench();
      const { ticket, lost } = lose(bench);
      expect(bench.one('resolve')).toEqual({ type: 'resolve', id: idOf('k'), versions: [lost.ver], floor: false });
      resolved(bench, { ...lost, _rev: '2-x' });
      expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: lost.ver, durable: false, head: { _rev: '2-x' } });
    });

    it('G8 G15 tells what it read before it acknowledges the write, whether the version is current or in the tail', () => {
      for (const current of [true, false]) {
        const bench = new Bench();
        const { lost } = lose(bench);
        const head = current ? { ...lost, _rev: '2-x' } : headAt('k', 5_000, { tail: [[lost.ver, 'ann', 7]] });
        resolved(bench, head);
        expect(bench.one('committed')).toEqual({ type: 'committed', id: idOf('k'), head, rev: head._rev, removed: false, durable: false });
      }
    });

    it('G8 acknowledges the write where its version is in the tail or in a segment', () => {
      for (const found of [false, true]) {
        const bench = new Bench();
        const { ticket, lost } = lose(bench);
        const tail: StoredVersion[] = found ? [] : [[lost.ver, 'ann', 7]];
        resolved(bench, headAt('k', 5_000, { tail }), found ? [lost.ver] : []);
        expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: lost.ver });
      }
    });

    it('G8 writes again where it did not happen, and does not write twice when the first one lands late', () => {
      const bench = new Bench();
      const { ticket, lost } = lose(bench);
      resolved(bench, headAt('k', 1));
      const again = bench.one('write');
      bench.answer(again, { [idOf('k')]: 'conflict' });
      expect(bench.one('resolve').versions).toEqual([lost.ver]);
      resolved(bench, { ...lost, _rev: '2-late' });
      expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written', version: lost.ver });
      expect(bench.all('write')).toEqual([]);
    });

    it('G8 never says that it failed when the database cannot be asked', () => {
      const bench = new Bench({ maxRetries: 2 });
      const { ticket } = lose(bench);
      for (let n = 0; n < 2; n += 1) {
        bench.send({ type: 'failed', id: idOf('k'), cause: 'away' });
        expect(bench.one('wait').delayMs).toBeGreaterThan(0);
        bench.send({ type: 'due', id: idOf('k') });
        bench.one('resolve');
      }
      bench.send({ type: 'failed', id: idOf('k'), cause: 'away' });
      expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'failed', code: 'KV4_OUTCOME_UNKNOWN', cause: 'away' });
    });

    it('G8 leaves the outcome unknown where a short retention has swallowed the evidence', () => {
      const cases: [retention: 'none' | { versions: number }, head: HeadDocument, outcome: string][] = [
        ['none', headAt('k', 5_000), 'KV4_OUTCOME_UNKNOWN'],
        ['none', headAt('k', 1), 'rewritten'],
        [{ versions: 2 }, headAt('k', 5_000, { tail: [[version(4_000), 'eve', 1]] }), 'KV4_OUTCOME_UNKNOWN'],
        [{ versions: 2 }, headAt('k', 5_000, { tail: [[version(500), 'eve', 1]] }), 'rewritten'],
      ];
      for (const [retention, head, expected] of cases) {
        const bench = new Bench();
        bench.send({ type: 'submit', ticket: 1, id: idOf('k'), operation: putOf(7), retention, characters: 1, base: { head: headAt('k', 1) } });
        bench.answer(bench.one('write'), { [idOf('k')]: 'unknown' });
        resolved(bench, head);
        const outcome = bench.outcomes.get(1);
        expect(outcome === undefined && bench.all('write').length === 1 ? 'rewritten' : (outcome as { code?: string }).code).toBe(expected);
      }
    });
  });

  it('G9 lets other documents pass while one batch is slow', () => {
    const bench = new Bench({ maxConcurrentBatches: 2 });
    bench.submit('slow', putOf(1), { base: {} });
    for (let n = 0; n < 5; n += 1) {
      const ticket = bench.submit(`k${n}`, putOf(n), { base: {} });
      bench.answer(bench.one('write'));
      expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written' });
    }
  });

  it('G26 keeps documents waiting while there is no room, and sends them together when there is', () => {
    const machine = new GroupCommit('n1');
    const submit = (ticket: number) => ({ type: 'submit', ticket, id: idOf(`k${ticket}`), operation: putOf(ticket), retention: 'unlimited', characters: 1, base: {} }) as const;
    expect(machine.handle([submit(1), submit(2)], { nowMs: 1, random: 0.5, room: 0 })).toEqual([]);
    expect(machine.hasWaiting).toBe(true);
    const [write, ...more] = machine.handle([submit(3)], { nowMs: 2, random: 0.5, room: 1 });
    expect(more).toEqual([]);
    expect(write?.type === 'write' ? write.documents.map(({ id }) => id) : []).toEqual([idOf('k1'), idOf('k2'), idOf('k3')]);
    expect(machine.hasWaiting).toBe(false);
    expect(machine.handle([submit(4)], { nowMs: 3, random: 0.5, room: 1 })).toEqual([]);
    expect(machine.handle([], { nowMs: 4, random: 0.5, room: 2 })).toHaveLength(1);
  });

  it('G10 has a full tail moved into a segment before the head grows, and drops from the tail what was moved', () => {
    const bench = new Bench({ hardTail: { versions: 3, characters: 10_000 } });
    const tail: StoredVersion[] = [3, 2, 1].map((n) => [version(n), 'eve', n]);
    const head = headAt('k', 4, { tail });
    const ticket = bench.submit('k', putOf(5), { base: { head } });
    expect(bench.one('spill')).toEqual({ type: 'spill', id: idOf('k'), head });
    bench.send({ type: 'spilled', id: idOf('k'), stored: [version(1), version(2)] });
    const document = documentOf(bench.one('write').documents[0]?.text ?? '');
    expect(document.tail?.map((entry) => entry[2])).toEqual([4, 3]);
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written' });
  });

  it('G10 folds no more operations into a write than the tail may hold', () => {
    const bench = new Bench({ hardTail: { versions: 3, characters: 10_000 } });
    for (let n = 0; n < 10; n += 1) bench.submit('k', putOf(n));
    bench.load('k');
    expect(documentOf(bench.one('write').documents[0]?.text ?? '').tail).toHaveLength(3);
  });

  it('G10 reads the head again when nothing could be moved out of it: it is another by now', () => {
    const bench = new Bench({ hardTail: { versions: 1, characters: 10_000 } });
    const ticket = bench.submit('k', putOf(5), { base: { head: headAt('k', 4, { tail: [[version(1), 'eve', 1]] }) } });
    bench.send({ type: 'spilled', id: idOf('k'), stored: [] });
    expect(bench.one('load')).toEqual({ type: 'load', ids: [idOf('k')] });
    bench.load('k', { head: headAt('k', 6) });
    expect(documentOf(bench.one('write').documents[0]?.text ?? '')).toMatchObject({ v: 5, _rev: '6-r' });
    bench.answer(bench.one('write'));
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written' });
  });

  it('G10 gives up with KV4_BUSY when a spill does not shorten the tail', () => {
    const bench = new Bench({ hardTail: { versions: 1, characters: 10_000 }, maxRetries: 2 });
    const head = headAt('k', 4, { tail: [[version(1), 'eve', 1]] });
    const ticket = bench.submit('k', putOf(5), { base: { head } });
    for (let n = 0; n < 2; n += 1) {
      bench.one('spill');
      bench.send({ type: 'spilled', id: idOf('k'), stored: [] });
      bench.load('k', { head });
    }
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'failed', code: 'KV4_BUSY' });
  });

  it('G11 unites conflicting leaves with the write, and drops the losers only once that is stored', () => {
    const bench = new Bench();
    const ticket = bench.submit('k', putOf(9));
    bench.load('k', { head: headAt('k', 2), leaves: [{ rev: '1-l', head: headAt('k', 3) }, { rev: '1-m' }] });
    const write = bench.one('write');
    expect(documentOf(write.documents[0]?.text ?? '').tail?.map((entry) => entry[2])).toEqual([3, 2]);
    expect(bench.all('drop-leaves')).toEqual([]);
    bench.answer(write);
    expect(bench.one('drop-leaves')).toEqual({ type: 'drop-leaves', id: idOf('k'), revs: ['1-l', '1-m'] });
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'written' });
  });

  it('G11 a repair writes only where there is something to unite', () => {
    const bench = new Bench();
    const clean = bench.submit('k', { type: 'repair' });
    bench.load('k', { head: headAt('k', 2) });
    expect(bench.outcomes.get(clean)).toEqual({ type: 'nothing' });
    bench.submit('k', { type: 'repair' });
    bench.load('k', { head: headAt('k', 2), leaves: [{ rev: '1-l', head: headAt('k', 3) }] });
    expect(documentOf(bench.one('write').documents[0]?.text ?? '')).toMatchObject({ v: 3, _rev: '2-r' });
  });

  it('G12 fails only the operation whose document the database rejects', () => {
    const bench = new Bench();
    const tickets = [1, 2, 3].map((n) => bench.submit('k', putOf(n)));
    const refuse = (): void => {
      const write = bench.one('write');
      const { v, tail = [] } = documentOf(write.documents[0]?.text ?? '');
      // The database will not have the value 2.
      const rejected = v === 2 || tail.some((entry) => entry[2] === 2);
      const answer = rejected ? { type: 'rejected' as const, code: 'KV4_REJECTED' as const, message: 'no' } : { type: 'stored' as const, rev: '1-x' };
      bench.send({ type: 'answered', batch: write.batch, answers: new Map([[idOf('k'), answer]]), durable: true });
    };
    bench.load('k');
    refuse();
    while (bench.machine.isOpen(idOf('k'))) {
      if (bench.all('load').length > 0) bench.load('k');
      else refuse();
    }
    expect(tickets.map((ticket) => bench.outcomes.get(ticket)?.type)).toEqual(['written', 'failed', 'written']);
  });

  it('G12 tries each document alone when a batch is refused as a whole', () => {
    const bench = new Bench({ maxConcurrentBatches: 1 });
    bench.submit('hold', putOf(0), { base: {} });
    const hold = bench.one('write');
    for (const key of ['a', 'b']) bench.submit(key, putOf(1), { base: {} });
    bench.answer(hold);
    const both = bench.one('write');
    bench.send({ type: 'answered', batch: both.batch, answers: new Map(both.documents.map(({ id }) => [id, { type: 'alone' as const }])), durable: true });
    expect(bench.one('write').documents).toHaveLength(1);
    bench.answer(bench.one('write'));
    expect(bench.one('write').documents).toHaveLength(1);
  });

  it('G13 waits as long as a busy database asks, and fails with KV4_UNAVAILABLE what certainly was not written', () => {
    const bench = new Bench({ maxRetries: 1, backoffBaseMs: 10 });
    const unavailable = (retryAfterMs?: number): void => {
      const write = bench.one('write');
      const answer = { type: 'unavailable' as const, cause: 'busy', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      bench.send({ type: 'answered', batch: write.batch, answers: new Map([[idOf('k'), answer]]), durable: true });
    };
    const ticket = bench.submit('k', putOf(1), { base: {} });
    unavailable(2_000);
    expect(bench.one('wait').delayMs).toBe(2_010);
    bench.send({ type: 'due', id: idOf('k') });
    unavailable(2_000);
    expect(bench.outcomes.get(ticket)).toMatchObject({ type: 'failed', code: 'KV4_BUSY' });
    const other = bench.submit('k', putOf(1), { base: {} });
    unavailable();
    expect(bench.outcomes.get(other)).toMatchObject({ type: 'failed', code: 'KV4_UNAVAILABLE', cause: 'busy' });
    const third = bench.submit('k', putOf(1));
    bench.send({ type: 'failed', id: idOf('k'), cause: 'away' });
    expect(bench.outcomes.get(third)).toMatchObject({ type: 'failed', code: 'KV4_UNAVAILABLE' });
  });

  it('G13 asks a busy database for no more repetitions than ten beyond the documents it stores', () => {
    const bench = new Bench({ backoffBaseMs: 10 });
    const refuse = (): void => {
      const write = bench.one('write');
      const answers = new Map(write.documents.map(({ id }) => [id, { type: 'unavailable' as const, retryAfterMs: 0 }]));
      bench.send({ type: 'answered', batch: write.batch, answers, durable: true });
    };
    // Each key is refused until it is given up.
    const repetitionsOf = (key: string): number => {
      const ticket = bench.submit(key, putOf(1), { base: {} });
      for (let repetitions = 0; ; repetitions += 1) {
        refuse();
        if (bench.outcomes.has(ticket)) return repetitions;
        bench.send({ type: 'due', id: idOf(key) });
      }
    };
    expect(['a', 'b', 'c', 'd'].map(repetitionsOf)).toEqual([6, 4, 0, 0]);
    bench.submit('stored', putOf(1), { base: {} });
    bench.answer(bench.one('write'));
    expect(repetitionsOf('e')).toBe(1);
  });

  it('G14 forgets what is cancelled before it left, and what has left takes its course', () => {
    const bench = new Bench({ maxConcurrentBatches: 1 });
    const first = bench.submit('a', putOf(1), { base: {} });
    const write = bench.one('write');
    const second = bench.submit('b', putOf(2), { base: {} });
    bench.send({ type: 'cancel', ticket: second, id: idOf('b') });
    bench.send({ type: 'cancel', ticket: first, id: idOf('a') });
    bench.send({ type: 'cancel', ticket: 99, id: idOf('z') });
    bench.answer(write);
    expect(bench.all('write')).toEqual([]);
    expect(bench.outcomes.get(first)).toMatchObject({ type: 'written' });
    expect(bench.machine.stats()).toMatchObject({ pendingOperations: 0, pendingCharacters: 0, openDocuments: 0 });
  });

  it('G15 tells of a stored document before it settles the operations in it', () => {
    const bench = new Bench();
    bench.submit('k', putOf(1), { base: {} });
    bench.answer(bench.one('write'));
    expect(bench.actions.map((action) => action.type)).toEqual(['committed', 'settle']);
    expect(bench.one('committed')).toMatchObject({ rev: '1-x', removed: false, durable: true, head: { v: 1, _rev: '1-x' } });
  });

  it('G16 keeps new versions above those of a document that was deleted for good, whatever the clock says', () => {
    const bench = new Bench();
    bench.submit('k', putOf(1));
    bench.load('k', { floor: version(50_000) });
    const document = documentOf(bench.one('write').documents[0]?.text ?? '');
    expect(document.ver > version(50_000)).toBe(true);
    expect(document).not.toHaveProperty('_rev');
  });

  it('G25 marks a revision that brings no new version, and only such', () => {
    const bench = new Bench();
    const textOf = () => documentOf(bench.one('write').documents[0]?.text ?? '');
    bench.submit('k', { type: 'trim', stored: new Set([version(1)]) });
    bench.load('k', { head: { _id: idOf('k'), _rev: '3-r', ver: version(3), by: 'eve', v: 1, tail: [[version(2), 'eve', 0], [version(1), 'eve', 0]] } });
    expect(textOf()).toMatchObject({ ver: version(3), same: true });
    bench.answer(bench.one('write'));
    bench.submit('k', putOf(2));
    bench.load('k', { head: { _id: idOf('k'), _rev: '4-r', ver: version(3), by: 'eve', v: 1, same: true } });
    expect(textOf()).not.toHaveProperty('same');
  });

  it('G16 stores a removed document as deleted, with its last version', () => {
    const bench = new Bench();
    bench.submit('k', { type: 'trim', stored: new Set([version(3)]) });
    bench.load('k', { head: { _id: idOf('k'), _rev: '3-r', ver: version(3), by: 'eve', gone: true } });
    expect(documentOf(bench.one('write').documents[0]?.text ?? '')).toEqual({ _id: idOf('k'), _rev: '3-r', ver: version(3), by: 'eve', gone: true, same: true, _deleted: true });
    bench.answer(bench.one('write'));
    expect(bench.one('committed').removed).toBe(true);
    bench.submit('k', putOf(2));
    expect(bench.all('load'), 'nothing is remembered of a document that is done').toHaveLength(1);
  });
});
