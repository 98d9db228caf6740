import { seenIn, type Datum } from './client.ts';
import { convergedWithDatabase } from './checks/neurons.ts';
import { unfinished } from './checks/watches.ts';
import type { PlainDatabase } from './database-reading.ts';
import type { NeuronContents, RunRecord, Seen, StoredKey } from './history.ts';
import { LAYERS, PATHS } from './key-space.ts';
import type { Neuron } from './processes/neuron.ts';
import { RestConnection } from './rest-connection.ts';
import type { Watcher } from './watcher.ts';

/** Milliseconds that neurons and watches have to become equal to the database once all is quiet. */
export const QUIET_TIMEOUT_MS = 40_000;

/** What is compared at the end. */
export interface FinalState {
  readonly database: ReadonlyMap<string, StoredKey>;
  readonly neurons: readonly NeuronContents[];
  readonly divergences: ReadonlyMap<string, number>;
  /** Milliseconds until everything was equal. */
  readonly settledMs: number;
}

/** Reads database and neurons until all are equal, or the time is over; judging what is left is up to the checks. */
export async function settle(neurons: readonly Neuron[], plain: PlainDatabase, watchers: readonly Watcher[]): Promise<FinalState> {
  const connection = new RestConnection();
  const began = performance.now();
  try {
    for (;;) {
      const contents: NeuronContents[] = [];
      for (const neuron of neurons) contents.push(...(await contentsOf(connection, neuron, began + QUIET_TIMEOUT_MS)));
      const database = await plain.read();
      const settledMs = performance.now() - began;
      const record: Pick<RunRecord, 'neurons' | 'database'> = { neurons: contents, database };
      const different = convergedWithDatabase.violations(record as RunRecord).length + watchers.flatMap((watcher) => unfinished(watcher.history(), database)).length;
      if (different === 0 || settledMs > QUIET_TIMEOUT_MS) return { database, neurons: contents, divergences: await divergencesOf(neurons), settledMs };
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  } finally {
    connection.close();
  }
}

/** Everything a neuron serves, once as trees and once as listings, from its cache as it is. */
async function contentsOf(connection: RestConnection, neuron: Neuron, untilMs: number): Promise<NeuronContents[]> {
  const read = async (paths: readonly string[], parameters: string): Promise<Map<string, Seen>> => {
    const contents = new Map<string, Seen>();
    for (const layer of LAYERS) {
      for (const path of paths) {
        const request = { method: 'GET', target: `/_data${path}?l=${encodeURIComponent(layer)}&as=datum${parameters}` } as const;
        let { result, value } = await connection.send(neuron.restUrl, request);
        // What is not cached cannot be read while a neuron waits for its next try to reach the database.
        while (result === 'unavailable' && performance.now() < untilMs) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          ({ result, value } = await connection.send(neuron.restUrl, request));
        }
        if (result !== 'ok') throw new Error(`${neuron.identity} answered ${result} after all faults had ended`);
        for (const datum of value as Datum[]) contents.set(...seenIn(datum));
      }
    }
    return contents;
  };
  return [
    { neuron: neuron.identity, form: 'tree', contents: await read(['/'], '&tree=1') },
    { neuron: neuron.identity, form: 'listings', contents: await read(PATHS, '') },
  ];
}

async function divergencesOf(neurons: readonly Neuron[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const neuron of neurons) {
    const { operationsUrl, identity } = neuron;
    const metrics = await (await fetch(`${operationsUrl}/metrics`)).text();
    const match = /^xir_audit_divergences_total(?:\{[^}]*\})? (\S+)$/m.exec(metrics);
    counts.set(identity, match === null ? Number.NaN : Number(match[1]));
    for (const line of neuron.logLines('diverge')) process.stderr.write(`${identity}: ${line}\n`);
  }
  return counts;
}
