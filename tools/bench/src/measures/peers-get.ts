import { runHttpLoad } from '../load/http-load.ts';
import { openNats } from '../load/nats-connection.ts';
import { runNatsLoad } from '../load/nats-load.ts';
import { peerKey, PEER_CONNECTIONS, PEER_KEYS, PEER_VALUE } from '../load/peer-keys.ts';
import { hasRedisBenchmark, runRedisBenchmark } from '../load/redis-benchmark.ts';
import type { MeasureContext, ResultRow, ResultTable } from '../measure.ts';
import { SERVER_CORE } from '../processes/shared-database.ts';
import { getRequest, SYSTEM_LOGIN } from '../rest-request.ts';
import { base64, etcdCall, etcdRequest, startEtcd } from '../servers/etcd.ts';
import { natsDirectGet, natsSubject, startNats } from '../servers/nats.ts';
import { startNeuron, type NeuronProcess } from '../servers/neuron.ts';
import { alternate, comparisonRow, seenBy, startPeer, type Rounds, type Side } from './sides.ts';

const PATH = '/_data/bench/peers';
const KEYS = Array.from({ length: PEER_KEYS }, (_, n) => peerKey(n));
const LOGIN = ['$sys', 'secret'] as const;
const REDIS_REQUESTS_PER_SECOND = 40_000;
const OURS = 'neuron';
const OURS_TCP = 'neuron, Redis protocol';
const ETCD_LOCAL = 'etcd, serializable';
const ETCD = 'etcd, linearizable';
const NATS = 'NATS KV';

/** Cached GET over REST beside the HTTP gateway of etcd and the direct get of NATS KV. */
export async function peersGet(context: MeasureContext): Promise<ResultTable> {
  await using neuron = await startNeuron({ name: 'benchpeers', core: SERVER_CORE });
  await using etcd = await startPeer(startEtcd(SERVER_CORE), context.progress);
  await using nats = await startPeer(startNats(SERVER_CORE), context.progress);
  context.progress('GET beside etcd and NATS, writing the keys');
  await fillNeuron(neuron);
  const sides = [neuronSide(neuron.pid, neuron.restPort)];
  if (hasRedisBenchmark()) sides.push(redisSide(neuron));
  if (etcd.daemon !== undefined) {
    const { pid, port } = etcd.daemon;
    await Promise.all(KEYS.map(async (key) => (await etcdCall(port, 'kv/put', { key: base64(key), value: base64(PEER_VALUE) })).text()));
    sides.push(etcdSide(ETCD_LOCAL, { pid, port, serializable: true }), etcdSide(ETCD, { pid, port, serializable: false }));
  }
  if (nats.daemon !== undefined) {
    using connection = await openNats(nats.daemon.port);
    for (const key of KEYS) await connection.request(natsSubject(key), PEER_VALUE);
    sides.push(natsSide(nats.daemon.pid, nats.daemon.port));
  }
  const rounds = await alternate(context, sides, 'GET beside etcd and NATS');
  return {
    title: 'Cached GET over REST beside etcd and NATS KV',
    method:
      `${PEER_CONNECTIONS} connections, one request at a time on each, ${PEER_KEYS} keys, values of 100 bytes; answers per CPU second of the server process, and the median latency the client saw. etcd is asked over its HTTP gateway (\`POST /v3/kv/range\`), like the neuron with JSON over HTTP/1.1 ` +
      'with connections kept alive; a serializable read is answered by the member from its own state, as a cached read is, and the target is beside that; a linearizable one asks the cluster (of one member) first. NATS is asked over its own protocol, with the direct get of a bucket in files (`$JS.API.DIRECT.GET`), which is lighter than HTTP with a login; a bare `node:http` server answers about as many requests as the neuron (see above), so no server on it reaches the target beside NATS. The last rows set the neuron\'s Redis protocol, without a pipeline, beside it. The neuron checks a login at each request; etcd and NATS run without any.',
    oursName: OURS,
    peerName: 'peer',
    rows: [...rowsBeside(rounds, ETCD_LOCAL, { missing: etcd.missing, atLeast: 6 }), ...rowsBeside(rounds, ETCD, { missing: etcd.missing }), ...rowsBeside(rounds, NATS, { missing: nats.missing, atLeast: 3 }), ...(rounds.has(OURS_TCP) ? rowsBeside(rounds, NATS, { ours: OURS_TCP, missing: nats.missing }) : [])],
  };
}

function rowsBeside(rounds: Rounds, peer: string, { ours: side = OURS, missing, atLeast }: { readonly ours?: string; readonly missing: string; readonly atLeast?: number }): ResultRow[] {
  const [ours, theirs] = [rounds.get(side) ?? [], rounds.get(peer) ?? missing];
  const name = `${side === OURS ? '' : 'over the Redis protocol '}beside ${peer}`;
  const target = atLeast === undefined ? {} : { target: { atLeast, unit: ' ×' } };
  return [
    comparisonRow({ measure: `${name}: thousand answers per CPU second`, figure: ({ requests, cpuSeconds }) => requests / cpuSeconds / 1000, digits: 1, ...target }, ours, theirs),
    comparisonRow({ measure: `${name}: p50, ms`, figure: ({ p50Ms }) => p50Ms, digits: 2 }, ours, theirs),
  ];
}

function neuronSide(pid: number, port: number): Side {
  const requests = KEYS.map((key) => getRequest(`${PATH}?k=${key}`));
  const load = { host: '127.0.0.1', port, connections: PEER_CONNECTIONS, request: (n: number) => requests[n % PEER_KEYS] as string, statuses: [200], bodyMustContain: PEER_VALUE };
  return { name: OURS, pid, load: async (durationMs) => seenBy(await runHttpLoad({ ...load, durationMs })) };
}

function etcdSide(name: string, { pid, port, serializable }: { readonly pid: number; readonly port: number; readonly serializable: boolean }): Side {
  const requests = KEYS.map((key) => etcdRequest('kv/range', { key: base64(key), ...(serializable ? { serializable } : {}) }));
  const load = { host: '127.0.0.1', port, connections: PEER_CONNECTIONS, request: (n: number) => requests[n % PEER_KEYS] as string, statuses: [200], bodyMustContain: base64(PEER_VALUE) };
  return { name, pid, load: async (durationMs) => seenBy(await runHttpLoad({ ...load, durationMs })) };
}

function natsSide(pid: number, port: number): Side {
  const load = { port, connections: PEER_CONNECTIONS, request: (n: number) => [natsDirectGet(peerKey(n)), ''] as const, mustContain: PEER_VALUE };
  return { name: NATS, pid, load: async (durationMs) => seenBy(await runNatsLoad({ ...load, durationMs })) };
}

/** Its own light protocol beside that of NATS. */
function redisSide({ pid, tcpPort }: NeuronProcess): Side {
  const load = async (durationMs: number) => {
    const requests = Math.round((REDIS_REQUESTS_PER_SECOND * durationMs) / 1000);
    return { requests, ...(await runRedisBenchmark({ port: tcpPort, login: LOGIN, test: 'get', requests, pipeline: 1 })) };
  };
  return { name: OURS_TCP, pid, load };
}

async function fillNeuron({ restPort, tcpPort }: NeuronProcess): Promise<void> {
  if (hasRedisBenchmark()) await runRedisBenchmark({ port: tcpPort, login: LOGIN, test: 'set', requests: PEER_KEYS * 5, pipeline: 16 });
  const headers = { authorization: SYSTEM_LOGIN, 'content-type': 'application/json' };
  await Promise.all(
    KEYS.map(async (key) => {
      const answer = await fetch(`http://127.0.0.1:${restPort}${PATH}`, { method: 'PUT', headers, body: JSON.stringify({ k: key, v: PEER_VALUE }) });
      const text = await answer.text();
      if (!text.includes('"s":"ok"')) throw new Error(`the value could not be stored: ${text}`);
    }),
  );
}
