import { runHttpLoad } from '../load/http-load.ts';
import { runNatsLoad } from '../load/nats-load.ts';
import { peerKey, PEER_CONNECTIONS, PEER_KEYS, PEER_VALUE } from '../load/peer-keys.ts';
import { runRedisBenchmark } from '../load/redis-benchmark.ts';
import { requestTarget } from '../load/bulk-import.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { base64, etcdRequest, startEtcd } from '../servers/etcd.ts';
import { natsSubject, startNats } from '../servers/nats.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { alternate, comparisonRow, seenBy, startPeer, type Rounds, type Side } from './sides.ts';

const LOGIN = ['$sys', 'secret'] as const;
const EMBEDDED = 'embedded database';
const COUCHDB = 'CouchDB';
const ETCD = 'etcd put';
const NATS = 'NATS KV put';
/** What a neuron acknowledges in a second, about. */
const SETS_PER_SECOND = 4000;

/** SET over the Redis protocol, acknowledged by the database, beside puts of etcd and of NATS KV. */
export async function peersSet(context: MeasureContext): Promise<ResultTable> {
  const { couchdbUrl, progress } = context;
  const database = `xir-bench-set-${Date.now().toString(36)}`;
  try {
    await using embedded = await startNeuron({ name: 'benchset', core: SERVER_CORE });
    await using onCouch = couchdbUrl === undefined ? undefined : await startNeuron({ name: 'benchsetc', core: SERVER_CORE, couchdbUrl, database });
    await using etcd = await startPeer(startEtcd(SERVER_CORE), progress);
    await using nats = await startPeer(startNats(SERVER_CORE), progress);
    const sides = [neuronSide(EMBEDDED, embedded)];
    if (onCouch !== undefined) sides.push(neuronSide(COUCHDB, onCouch));
    if (etcd.daemon !== undefined) sides.push(etcdSide(etcd.daemon.pid, etcd.daemon.port));
    if (nats.daemon !== undefined) sides.push(natsSide(nats.daemon.pid, nats.daemon.port));
    const rounds = await alternate(context, sides, 'SET beside etcd and NATS');
    const missing = new Map([[ETCD, etcd.missing], [NATS, nats.missing]]);
    return {
      title: 'SET acknowledged by the database beside etcd and NATS KV',
      method:
        `${PEER_CONNECTIONS} connections, one write at a time on each, over ${PEER_KEYS} keys, values of 100 bytes. The neuron is sent SET by redis-benchmark, etcd \`POST /v3/kv/put\` over its HTTP gateway, NATS a publication into a bucket in files. Data lies in temporary directories on one disk, except CouchDB's, which lies where that CouchDB keeps it. ` +
        'What "acknowledged" means: the neuron answers once its database has committed the write and synchronised it to disk, and each version stays in its key\'s history; etcd answers once its log is synchronised to disk (of one member, without a quorum to wait for); NATS answers once it has written to the file, which it synchronises every two minutes: a power cut loses what came since (2.9.10 refuses `sync_interval` and `sync_always` as unknown, so there is no figure with each write synchronised).',
      oursName: 'neuron',
      peerName: 'peer',
      rows: [EMBEDDED, COUCHDB].filter((where) => rounds.has(where)).flatMap((where) => [ETCD, NATS].flatMap((peer) => rowsBeside(rounds, where, { peer, missing: missing.get(peer) ?? '' }))),
    };
  } finally {
    if (couchdbUrl !== undefined) await fetch(`${requestTarget(couchdbUrl).origin}/${database}`, { method: 'DELETE', headers: requestTarget(couchdbUrl).headers });
  }
}

function rowsBeside(rounds: Rounds, where: string, { peer, missing }: { readonly peer: string; readonly missing: string }): ResultRow[] {
  const [ours, theirs] = [rounds.get(where) ?? [], rounds.get(peer) ?? missing];
  const name = `${where} beside ${peer}`;
  const rows = [
    comparisonRow({ measure: `${name}: acknowledged per second`, figure: ({ perSecond }) => perSecond, digits: 0 }, ours, theirs),
    comparisonRow({ measure: `${name}: p50, ms`, figure: ({ p50Ms }) => p50Ms, digits: 2 }, ours, theirs),
  ];
  // The CPU that a CouchDB of its own spends is not counted, so the neuron's alone says nothing beside a whole database.
  if (where === EMBEDDED) rows.push(comparisonRow({ measure: `${name}: CPU per write, µs`, figure: ({ requests, cpuSeconds }) => (cpuSeconds / requests) * 1e6, digits: 0 }, ours, theirs));
  return rows;
}

function neuronSide(name: string, { pid, tcpPort }: NeuronProcess): Side {
  const load = async (durationMs: number) => {
    const requests = Math.round((SETS_PER_SECOND * durationMs) / 1000);
    return { requests, ...(await runRedisBenchmark({ port: tcpPort, login: LOGIN, test: 'set', requests, pipeline: 1 })) };
  };
  return { name, pid, load };
}

function etcdSide(pid: number, port: number): Side {
  const requests = Array.from({ length: PEER_KEYS }, (_, n) => etcdRequest('kv/put', { key: base64(peerKey(n)), value: base64(PEER_VALUE) }));
  const load = { host: '127.0.0.1', port, connections: PEER_CONNECTIONS, request: (n: number) => requests[n % PEER_KEYS] as string, statuses: [200], bodyMustContain: '"revision"' };
  return { name: ETCD, pid, load: async (durationMs) => seenBy(await runHttpLoad({ ...load, durationMs })) };
}

function natsSide(pid: number, port: number): Side {
  const load = { port, connections: PEER_CONNECTIONS, request: (n: number) => [natsSubject(peerKey(n)), PEER_VALUE] as const, mustContain: '"seq"' };
  return { name: NATS, pid, load: async (durationMs) => seenBy(await runNatsLoad({ ...load, durationMs })) };
}
