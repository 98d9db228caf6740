import { requestTarget } from '../load/bulk-import.ts';
import type { MeasureContext } from '../measure.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';

/** Neurons on a database of their own. */
export interface Neurons {
  /** The first, which is written to. */
  readonly a: NeuronProcess;
  /** The last, which is read from. */
  readonly b: NeuronProcess;
  readonly server: { readonly origin: string; readonly headers: Record<string, string> };
  readonly database: string;
}

/** Where, and how many. */
export interface NeuronsOptions {
  readonly where: 'embedded' | 'couchdb';
  readonly neurons: number;
}

/** Starts neurons on a database of its own, and takes all away behind the work. */
export async function onNeurons<Result>(context: MeasureContext, { where, neurons }: NeuronsOptions, work: (setting: Neurons) => Promise<Result>): Promise<Result> {
  const database = `xir-bench-${Date.now().toString(36)}`;
  const couchdbUrl = where === 'couchdb' ? context.couchdbUrl : undefined;
  const started: NeuronProcess[] = [];
  const start = async (name: string, url: string | undefined): Promise<NeuronProcess> => {
    const neuron = await startNeuron({ name, database, ...(url === undefined ? {} : { couchdbUrl: url }) });
    started.push(neuron);
    return neuron;
  };
  try {
    const a = await start('bencha', couchdbUrl);
    const url = couchdbUrl ?? (a.databaseUrl as string);
    let b = a;
    for (let n = 1; n < neurons; n += 1) b = await start(`benchb${n}`, url);
    return await work({ a, b, server: requestTarget(url), database });
  } finally {
    for (const neuron of started.reverse()) await neuron[Symbol.asyncDispose]();
    if (couchdbUrl !== undefined) await fetch(`${requestTarget(couchdbUrl).origin}/${database}`, { method: 'DELETE', headers: requestTarget(couchdbUrl).headers });
  }
}
