import { Claims } from './claims.ts';
import { FAULTS, type Fault, type FaultContext } from './faults.ts';
import type { Database } from './processes/database.ts';

/** Milliseconds between faults, on average, unless said otherwise. */
export const DEFAULT_FAULT_EVERY_MS = 2000;

/** Whether a fault can be made with a database: only our own servers are stopped. */
function isPossible({ stops }: Fault, { nodes }: Database): boolean {
  if (stops === undefined) return true;
  return nodes[0].stop !== undefined && (stops === 'only-server') === (nodes.length === 1);
}

/**
 * Strikes faults until the signal, one every so often; several may be at work at the same time, but only one on each neuron and one on the
 * database server. Resolves when all have ended.
 */
export async function strikeFaults(given: Omit<FaultContext, 'alone'>, everyMs: number, signal: AbortSignal): Promise<void> {
  const { random, recorder, neurons, database } = given;
  const claims = new Claims();
  const context: FaultContext = { ...given, alone: (neuron, work) => claims.whenFree(neuron, work) };
  const underWay = new Set<Promise<void>>();
  const possible = FAULTS.filter((fault) => isPossible(fault, database));
  // Every fault comes once before any comes a second time.
  let deck: Fault[] = [];
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, everyMs / 2 + random.below(everyMs)));
    if (signal.aborted) break;
    if (deck.length === 0) deck = [...possible];
    const fault = random.pick(deck);
    const neuron = random.pick(neurons);
    const subject = fault.subject === 'neuron' ? neuron : fault.subject;
    if (claims.isTaken(subject) || (fault.subject === 'documents' && claims.isTaken('database'))) continue;
    deck = deck.filter((other) => other !== fault);
    recorder.fault(fault.name);
    const strike = claims
      .whenFree(subject, () => fault.strike(context, neuron))
      .catch((error: unknown) => {
        // A document fault may find the database gone; a neuron that does not start again is found by the checks.
        recorder.failure(`fault ${fault.name}: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`);
        if (fault.subject !== 'documents') recorder.incident(`the fault ${fault.name} did not end: ${String(error)}`);
      })
      .finally(() => underWay.delete(strike));
    underWay.add(strike);
  }
  await Promise.all(underWay);
}
