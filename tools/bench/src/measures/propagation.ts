import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { startEtcd } from '../servers/etcd.ts';
import { startNats } from '../servers/nats.ts';
import { medianOf, percentile } from '../statistics.ts';
import { judge } from '../target.ts';
import { onNeurons } from './neurons.ts';
import { databaseCommits, etcdPutToWatch, natsPutToWatch } from './put-to-watch.ts';
import { startPeer } from './sides.ts';
import { sightings, type Sightings } from './sightings.ts';

/** Times of a peer's writes, or why there are none. */
type PeerTimes = { readonly acknowledged: readonly number[]; readonly watched: readonly number[] } | string;

/**
 * From the start of a PUT on neuron A, and from its acknowledgement, to its value on neuron B, to watchers and to a cached GET, beside a raw `_changes` reader of the
 * same database that sees the same writes, and beside etcd and NATS, which are written to in turn.
 */
export function propagation(where: 'embedded' | 'couchdb') {
  return async (context: MeasureContext): Promise<ResultTable> => {
    const count = Math.max(200, context.rounds * 100);
    const title = `Put on neuron A → seen on neuron B, ${where === 'embedded' ? 'embedded database (it runs inside A)' : 'CouchDB'}`;
    await using etcd = await startPeer(startEtcd(SERVER_CORE), context.progress);
    await using nats = await startPeer(startNats(SERVER_CORE), context.progress);
    await using onEtcd = etcd.daemon === undefined ? undefined : await etcdPutToWatch(etcd.daemon.port);
    await using onNats = nats.daemon === undefined ? undefined : await natsPutToWatch(nats.daemon.port);
    return await onNeurons(context, { where, neurons: 2 }, async (setting) => {
      await using commits = await databaseCommits(setting);
      const between = async (n: number): Promise<void> => {
        await onEtcd?.write(n);
        await onNats?.write(n);
        await commits.write(n);
      };
      const seen = await sightings(setting, { count, between, progress: (n) => context.progress(`${title}: ${n} of ${count}`) });
      return {
        title,
        method:
          `${count} writes of one key; the clock starts when the PUT is sent to A. The raw reader splits the lines of \`_changes\` (documents included) and looks for the value. The watchers read the server-sent events of B, and its events over a WebSocket. The cached GET is asked of B back to back over one connection until the answer holds the new value. All of them see the same writes. ` +
          'From the acknowledgement: a figure below zero was seen before the writer had its answer. The database\'s own PUT puts a new document into another database of the same server. etcd is written to and watched over its HTTP gateway, NATS KV (a bucket in files) over its own protocol with a consumer from the last value on; each with the acknowledgement described above. These three are written to in turn with the neuron, while nothing is read from it; the neuron\'s own writes are made while B answers GETs back to back on the same two cores.',
        oursName: 'neuron B',
        peerName: 'peer',
        rows: [...rowsBesideRaw(seen), commitRow(seen, commits.tookMs), ...peerRows('etcd', seen, onEtcd?.times() ?? etcd.missing), ...peerRows('NATS KV', seen, onNats?.times() ?? nats.missing)],
      };
    });
  };
}

/** The same with more neurons on the database: what the last of them sees. */
export async function growthInNeurons(context: MeasureContext): Promise<ResultTable> {
  const rows: ResultRow[] = [];
  const count = Math.max(200, context.rounds * 60);
  for (const neurons of [1, 4, 8]) {
    const title = `${neurons} ${neurons === 1 ? 'neuron' : 'neurons'} beside the one that is written to`;
    const seen = await onNeurons(context, { where: 'embedded', neurons: neurons + 1 }, (setting) => sightings(setting, { count, progress: (n) => context.progress(`${title}: ${n} of ${count}`) }));
    rows.push({ measure: `${title}: p50, p99, ms`, ours: spread(seen.read), peer: spread(seen.raw), ratio: `write by write: ${signed(medianOf(differences(seen.read, seen.raw)))} ms` });
  }
  return {
    title: 'As it grows: propagation by the number of neurons',
    method: `${count} writes on neuron A, which runs the embedded database, seen by a cached GET on the last of the other neurons. All share two cores, so more neurons also means less processor for each.`,
    oursName: 'cached GET',
    peerName: 'raw `_changes` reader',
    rows,
  };
}

function rowsBesideRaw({ raw, read, watched, watchedOverWebSocket, acknowledged }: Sightings): ResultRow[] {
  const readers = [
    ['a cached GET on B', read],
    ['a watcher on B', watched],
    ['a watcher on B over a WebSocket', watchedOverWebSocket],
  ] as const;
  const fromStart = readers.flatMap(([reader, times]) => [0.5, 0.99].map((share) => rowOf(reader, { times, raw, share })));
  const fromAcknowledgement = readers.map(([reader, times]) => ({
    measure: `${reader}, from the acknowledgement, beside the raw reader: p50, p99, ms`,
    ours: spread(differences(times, acknowledged)),
    peer: spread(differences(raw, acknowledged)),
    ratio: '',
  }));
  return [...fromStart, ...fromAcknowledgement];
}

function rowOf(reader: string, { times, raw, share }: { readonly times: readonly number[]; readonly raw: readonly number[]; readonly share: number }): ResultRow {
  const [ours, theirs] = [at(times, share), at(raw, share)];
  const writeByWrite = at(differences(times, raw), share);
  // The slowest writes of one reader need not be those of the other: for them the percentiles are compared.
  const judged = share === 0.5 ? writeByWrite : ours - theirs;
  return {
    measure: `${reader} beside the raw reader: ${share === 0.5 ? 'p50' : 'p99'}, ms`,
    ours: ours.toFixed(2),
    peer: theirs.toFixed(2),
    ratio: share === 0.5 ? `write by write: ${signed(writeByWrite)} ms` : `${signed(judged)} ms (write by write: ${signed(writeByWrite)} ms)`,
    verdict: judge(judged, { atMost: 0.5, unit: ' ms more' }),
  };
}

function commitRow({ acknowledged }: Sightings, tookMs: readonly number[]): ResultRow {
  return { measure: 'the acknowledgement by A, beside the database\'s own PUT: p50, p99, ms', ours: spread(acknowledged), peer: spread(tookMs), ratio: `${signed(at(acknowledged, 0.5) - at(tookMs, 0.5))} ms` };
}

function peerRows(peer: string, { watchedOverWebSocket, acknowledged }: Sightings, times: PeerTimes): ResultRow[] {
  const compared = (from: string, ours: readonly number[], theirs: readonly number[] | string): ResultRow => ({
    measure: `a watcher over a WebSocket beside one of ${peer}, from the ${from} of the put: p50, p99, ms`,
    ours: spread(ours),
    peer: typeof theirs === 'string' ? theirs : spread(theirs),
    ratio: typeof theirs === 'string' ? '' : `${signed(at(ours, 0.5) - at(theirs, 0.5))} ms`,
  });
  return [
    compared('start', watchedOverWebSocket, typeof times === 'string' ? times : times.watched),
    compared('acknowledgement', differences(watchedOverWebSocket, acknowledged), typeof times === 'string' ? times : differences(times.watched, times.acknowledged)),
  ];
}

function at(values: readonly number[], share: number): number {
  return percentile(values.toSorted((x, y) => x - y), share);
}

function spread(values: readonly number[]): string {
  return `${at(values, 0.5).toFixed(2)}, ${at(values, 0.99).toFixed(2)}`.replaceAll('-', '−');
}

function differences(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, n) => value - (theirs[n] as number));
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
