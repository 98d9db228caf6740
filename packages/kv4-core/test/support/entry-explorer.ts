import { CacheEntry, isServable } from '../../src/index.ts';
import { Violation, type EntryWorld } from './entry-world.ts';
import type { History } from './entry-history.ts';

/** What an exploration went through. */
export interface Exploration {
  /** Distinct states of the world. */
  readonly states: number;
  /** Actions tried. */
  readonly transitions: number;
  /** Distinct states first reached after each number of actions. */
  readonly perDepth: readonly number[];
  /** States that the entry was seen in. */
  readonly entryStates: ReadonlySet<string>;
  /** The first broken rule, with the actions that lead to it. */
  readonly violation: string | undefined;
}

interface Visited {
  readonly world: EntryWorld;
  readonly path: Path | undefined;
}

interface Path {
  readonly name: string;
  readonly before: Path | undefined;
}

/** Rounds after which a drained world has to be at rest. */
const MAX_DRAIN_ROUNDS = 40;

/**
 * Goes through every interleaving of at most `depth` actions from the starts, breadth first, so that what it finds is as short as can be. States are met once each: in
 * every one of them the rules are checked, and that the entry ends at what the database holds once faults end.
 */
export function explore(starts: readonly EntryWorld[], depth: number): Exploration {
  const met = new Set<string>();
  const entryStates = new Set<string>();
  const perDepth: number[] = [];
  let transitions = 0;
  let frontier: Visited[] = [];
  const enter = (world: EntryWorld, path: Path | undefined, into: Visited[]): void => {
    const { key } = world;
    if (met.has(key)) return;
    met.add(key);
    entryStates.add(world.entry.state);
    checkOutdatedAnswers(world);
    for (const rowsFirst of [true, false]) checkDrained(world.clone(), rowsFirst);
    into.push({ world, path });
  };
  const summary = (violation?: string): Exploration => ({ states: met.size, transitions, perDepth, entryStates, violation });
  for (const world of starts) enter(world, undefined, frontier);
  perDepth.push(met.size);
  for (let level = 1; level <= depth; level += 1) {
    const next: Visited[] = [];
    for (const { world, path } of frontier) {
      for (const { name, run } of world.actions()) {
        transitions += 1;
        const copy = world.clone();
        const taken = { name, before: path };
        try {
          run(copy);
          enter(copy, taken, next);
        } catch (error) {
          if (!(error instanceof Violation)) throw error;
          return summary(`${error.message}\n  ${pathText(taken)}\n  (history: ${copy.history.story}; entry: ${copy.entry.state} ${copy.entry.revision ?? '-'})`);
        }
      }
    }
    frontier = next;
    perDepth.push(next.length);
  }
  return summary();
}

function pathText(path: Path | undefined): string {
  const names: string[] = [];
  for (let step = path; step !== undefined; step = step.before) names.unshift(step.name);
  return names.join(' → ');
}

/** An answer to a read that was given up changes nothing, in whatever state. */
function checkOutdatedAnswers({ entry, options, history }: EntryWorld): void {
  for (const type of ['answer', 'leaves', 'failed'] as const) {
    const copy = Object.assign(new CacheEntry(), entry);
    const effect = options.step(copy, { type, token: entry.token - 1, snapshot: history.snapshot, verdict: 'replace' });
    const same = copy.state === entry.state && copy.token === entry.token && copy.revision === entry.revision && copy.record === entry.record && copy.noted === entry.noted;
    if (effect !== 0 || !same) throw new Violation(`an answer to a read that was given up is taken (${type})`);
  }
}

/** Faults end: the feed delivers what is left, reads are answered truly. Then what can be read is what the database holds, and nothing is waited for. */
function checkDrained(world: EntryWorld, rowsFirst: boolean): void {
  const { options } = world;
  if (world.own?.committed !== undefined && !rowsFirst) world.acknowledge();
  if (!rowsFirst) answerAll(world);
  if (world.resetPending) world.reset();
  if (world.purgePending) world.tellPurge();
  // A replica that lagged makes the feed tell its rows again in the end.
  if ((world.fed < world.history.index || options.lagging) && world.history.hasRow) world.deliver(world.history.index, options.documents[0] ?? true);
  if (world.own?.committed !== undefined) world.acknowledge();
  if (world.own !== undefined) world.release();
  answerAll(world);
  const { entry, history } = world;
  if (world.read !== undefined || entry.state === 'loading' || entry.state === 'verifying' || entry.state === 'reserved') throw new Violation(`an entry comes to no rest (${entry.state})`);
  if (isServable(entry) && !equals(entry, history)) throw new Violation(`an entry is not what the database holds, with nothing under way (${entry.revision ?? 'nothing'}, not ${history.winner?.rev ?? 'nothing'})`);
}

/** A key that is not there may be so without a revision, with that of a deletion, or with the last one that was purged. */
function equals(entry: CacheEntry, { snapshot }: History): boolean {
  if (entry.record === undefined && snapshot.record === undefined) return true;
  return entry.revision === snapshot.revision && entry.record?.version === snapshot.record?.version;
}

function answerAll(world: EntryWorld): void {
  for (let round = 0; world.read !== undefined && round < MAX_DRAIN_ROUNDS; round += 1) world.answer(world.history.index);
}
