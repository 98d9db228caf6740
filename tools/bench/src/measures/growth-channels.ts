import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startWorker, type Worker } from '../processes/worker.ts';
import { medianOf, spreadText } from '../statistics.ts';

const SIZES = [100, 10_000, 100_000];

interface Sized {
  readonly channels: number;
  readonly worker: Worker;
  readonly micros: number[];
}

/** What a message to a channel costs a router that holds few, many and very many channels. */
export async function growthInChannels(context: MeasureContext): Promise<ResultTable> {
  const routers: Sized[] = [];
  try {
    for (const channels of SIZES.filter((size) => size <= context.keys)) {
      context.progress(`a router with ${channels} channels`);
      const worker = await startWorker('channels-process.ts', { core: SERVER_CORE });
      routers.push({ channels, worker, micros: [] });
      await worker.ask('open', { channels });
    }
    for (let n = 0; n <= context.rounds; n += 1) {
      for (const { worker, micros } of routers) {
        const took = await worker.ask<number>('send', { forMs: context.roundMs / 4 });
        // The first round warms up.
        if (n > 0) micros.push(took);
      }
    }
  } finally {
    for (const { worker } of routers) await worker[Symbol.asyncDispose]();
  }
  const [smallest] = routers;
  const rows: ResultRow[] = routers.map(({ channels, micros }) => ({
    measure: `${channels} channels: CPU of a message, µs`,
    ours: spreadText(micros, 2),
    peer: spreadText(smallest?.micros ?? [], 2),
    ratio: `${(medianOf(micros) / medianOf(smallest?.micros ?? [])).toFixed(2)} ×`,
  }));
  return {
    title: 'As it grows: a message by the number of channels',
    method: 'Three routers, each in a process of its own, with one peer on every channel, and 100 senders on channels spread over all of them; from the call that sends to the call that hands the message to its one receiver, without sockets.',
    oursName: 'this many channels',
    peerName: `${smallest?.channels ?? 0} channels`,
    rows,
  };
}
