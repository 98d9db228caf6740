import { pollGet } from '../load/polled-get.ts';
import type { MeasureContext, ResultTable } from '../measure.ts';
import { getRequest } from '../rest-request.ts';
import { medianOf, percentile } from '../statistics.ts';
import { onNeurons } from './neurons.ts';
import { markOf, Marks, pause, put, watchOverWebSocket } from './sightings.ts';

/** Pause behind each write, in milliseconds: the feed has it by then. */
const PACE_MS = 20;
const SETTLE_MS = 1000;

/**
 * What a hint of a write could gain at best (ADR 0016). A neuron that is told of a write by the one that made it may only load the key anew, so the load is measured as if the hint took no
 * time at all: a read on B that is proved current, begun in the moment in which A acknowledges; beside a watcher on B, which the feed tells. In turn, so that neither helps the other.
 */
export function hints(where: 'embedded' | 'couchdb') {
  return async (context: MeasureContext): Promise<ResultTable> => {
    const count = Math.max(400, context.rounds * 200);
    const title = `A hint of a write, at best, ${where === 'embedded' ? 'embedded database (it runs inside A)' : 'CouchDB'}`;
    const { loads, told } = await onNeurons(context, { where, neurons: 2 }, async ({ a, b }) => {
      const marks = new Marks();
      const acknowledgedMs = new Map<number, number>();
      const loaded: number[] = [];
      await put(a, -1);
      const socket = await watchOverWebSocket(b, (text) => marks.note(text));
      try {
        using fresh = await pollGet(b.restPort, getRequest('/_data/bench/mark?k=bench-mark&fresh=1'));
        await pause(SETTLE_MS);
        for (let n = 0; n < count; n += 1) {
          if (n % 200 === 0) context.progress(`${title}: ${n} of ${count}`);
          const atMs = await put(a, n);
          if (n % 2 === 0) loaded.push((await fresh.until(markOf(n))) - atMs);
          else acknowledgedMs.set(n, atMs);
          await pause(PACE_MS);
        }
        await pause(PACE_MS * 10);
        return { loads: loaded, told: [...acknowledgedMs].map(([n, atMs]) => marks.at(n) - atMs) };
      } finally {
        socket.terminate();
      }
    });
    return {
      title,
      method: `${count} writes of one key on A, in turn: behind the acknowledgement of one, B is asked for the value, proved current (\`fresh=1\`), over a connection that stands; of the next, a watcher over a WebSocket of B notes when it is told. Milliseconds from the acknowledgement by A. A hint would take its own way over the link besides.`,
      oursName: 'the feed tells B',
      peerName: 'B loads at once',
      rows: [0.5, 0.99].map((share) => ({ measure: share === 0.5 ? 'p50, ms' : 'p99, ms', ours: at(told, share).toFixed(2), peer: at(loads, share).toFixed(2), ratio: share === 0.5 ? `${(medianOf(told) / medianOf(loads)).toFixed(2)} ×` : '' })),
    };
  };
}

function at(values: readonly number[], share: number): number {
  return percentile(values.toSorted((x, y) => x - y), share);
}
