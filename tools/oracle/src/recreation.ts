import type { FaultContext } from './faults.ts';

/**
 * Deletes the database after a time and makes it again under the same name, with traffic going on. Everything recorded before is forgotten,
 * as the database forgot it; what is recorded afterwards is judged like any other.
 */
export async function recreateDatabase({ plain, recorder, neurons }: Pick<FaultContext, 'plain' | 'recorder' | 'neurons'>, afterMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  for (const neuron of neurons) neuron.hold();
  recorder.fault('database-recreated');
  await plain.send('DELETE', '');
  await plain.send('PUT', '');
  await new Promise((resolve) => setTimeout(resolve, 5000));
  recorder.forget();
  for (const neuron of neurons) neuron.release();
}
