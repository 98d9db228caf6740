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
};

/** Health is red when nothing at all was heard for longer than it allows. */
function healthTrue({ recorder }: Facts): Violation[] {
  return recorder.healths.flatMap(({ neuron, atMs, healthy, silentMs }) =>
    healthy && silentMs > HEALTHY_AGE_MS + HEALTH_TOLERANCE_MS ? [{ check: 'health-true', what: `${neuron} calls itself healthy at ${atMs.toFixed(1)}, and has heard nothing for ${silentMs.toFixed(1)} ms` }] : [],
  );
}

/** Judges everything about a schedule that is over. `differences`: what the caches lacked at the end. */
export function judge(world: World, differences: readonly string[]): Violation[] {
  const { recorder, truth, database, neurons } = world;
  const facts = factsOf(recorder, truth, database);
  const found = Object.values(CHECKS).flatMap((check) => check(facts));
  found.push(...differences.map((what) => ({ check: 'converged', what })));
  for (const { memory, name } of neurons) {
    const divergences = memory?.stats().divergences ?? 0;
    // What was accepted by fewer replicas than the quorum may be lacking in those that answer.
    if (recorder.writes.some(({ neuron, durable }) => neuron.startsWith(`${name}.`) && !durable)) continue;
    if (divergences > 0 && !facts.upheaval && !recorder.faults.has('purge') && !recorder.faults.has('purge-forgotten')) found.push({ check: 'audit-found-nothing', what: `${name}: the audit found ${divergences} divergences` });
  }
  return found;
}
