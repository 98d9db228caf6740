import type { Violation } from '../world/history.ts';
import { HEALTHY_AGE_MS } from '../world/simulated-neuron.ts';
import type { World } from '../world/world.ts';
import { factsOf, type Facts } from './facts.ts';
import { noMissedInvalidation } from './invalidations.ts';
import { ageTrue, freshReadsCurrent, monotonicReads, readsWereWritten } from './reads.ts';
import { watchesComplete, watchesOrdered, watchesReliable, watchesReset } from './watches.ts';
import { acknowledgedWritesKept, compareAndSetChain, writtenAtMostOnce } from './writes.ts';

/** Milliseconds by which health may be behind the last thing that was heard. */
const HEALTH_TOLERANCE_MS = 100;

/** Every check over a history, by its name. */
export const CHECKS: Readonly<Record<string, (facts: Facts) => Violation[]>> = {
  'acknowledged-writes-kept': acknowledgedWritesKept,
  'written-at-most-once': writtenAtMostOnce,
  'compare-and-set-chain': compareAndSetChain,
  'monotonic-reads': monotonicReads,
  'reads-were-written': readsWereWritten,
  'age-true': ageTrue,
  'fresh-reads-current': freshReadsCurrent,
  'health-true': healthTrue,
  'watches-ordered': watchesOrdered,
  'watches-reliable': watchesReliable,
  'watches-complete': watchesComplete,
  'watches-reset': watchesReset,
  'no-missed-invalidation': noMissedInvalidation,
  'converged': converged,
  'audit-found-nothing': auditFoundNothing,
  'no-incidents': noIncidents,
};

/** Health is red when nothing at all was heard for longer than it allows. */
function healthTrue({ recorder }: Facts): Violation[] {
  return recorder.healths.flatMap(({ neuron, atMs, healthy, silentMs }) =>
    healthy && silentMs > HEALTHY_AGE_MS + HEALTH_TOLERANCE_MS ? [{ check: 'health-true', what: `${neuron} calls itself healthy at ${atMs.toFixed(1)}, and has heard nothing for ${silentMs.toFixed(1)} ms` }] : [],
  );
}

/** Every cache and every listing equals the database in the end. */
function converged({ differences }: Facts): Violation[] {
  return differences.map((what) => ({ check: 'converged', what }));
}

/** No audit finds that a memory differs from the database, where that is not explained. */
function auditFoundNothing({ recorder, divergences, upheaval }: Facts): Violation[] {
  if (upheaval || recorder.faults.has('purge') || recorder.faults.has('purge-forgotten')) return [];
  // What was accepted by fewer replicas than the quorum may be lacking in those that answer.
  const hasWrittenBelowQuorum = (name: string): boolean => recorder.writes.some(({ neuron, durable }) => neuron.startsWith(`${name}.`) && !durable);
  return divergences.filter(({ neuron, count }) => count > 0 && !hasWrittenBelowQuorum(neuron)).map(({ neuron, count }) => ({ check: 'audit-found-nothing', what: `${neuron}: the audit found ${count} divergences` }));
}

/** Nothing happens that must not happen at all. */
function noIncidents({ recorder }: Facts): Violation[] {
  return recorder.incidents.map((what) => ({ check: 'no-incidents', what }));
}

/** Judges everything about a schedule that is over. `differences`: what the caches lacked at the end. */
export function judge(world: World, differences: readonly string[]): Violation[] {
  const divergences = world.neurons.map(({ memory, name }) => ({ neuron: name, count: memory?.stats().divergences ?? 0 }));
  const facts = factsOf(world, { differences, divergences });
  return Object.values(CHECKS).flatMap((check) => check(facts));
}
