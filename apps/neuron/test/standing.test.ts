import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { joinChannel } from './channel-client.ts';
import { startDatabaseProcess } from './database-process.ts';
import { eventually, getJson, startNeuronProcess, temporaryDirectory, TEST_SECRET, type RunningNeuron } from './neuron-process.ts';

const TIMEOUT_MS = 120_000;

/** An answer of the REST API to the system account. */
async function ask({ ready }: RunningNeuron, path: string, method = 'GET'): Promise<unknown> {
  const response = await fetch(`${ready.rest}${path}`, { method, headers: { authorization: `Basic ${btoa(`$sys:${TEST_SECRET}`)}` } });
  return ((await response.json()) as { readonly v: unknown }).v;
}

/** The status with which somebody who wants to connect for signalling is answered. */
function knock({ ready }: RunningNeuron): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.alloc(16).toString('base64') };
    const asked = request(`${ready.rest}/ws/v2/forged`, { headers });
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.once('error', reject);
    asked.end();
  });
}

const ready = ({ ready: { operations } }: RunningNeuron) => getJson(`${operations}/ready`);
const membershipOf = async ({ ready: { operations } }: RunningNeuron) => (await getJson(`${operations}/health`)).body['membership'] as { readonly state: string; readonly incarnation: string; readonly neurons: readonly object[] };

/** Neurons with names, on a database of their own. */
async function openSystem(names: readonly string[]) {
  const opened: AsyncDisposable[] = [];
  const use = <Opened extends AsyncDisposable>(one: Opened): Opened => {
    opened.push(one);
    return one;
  };
  const directory = use(await temporaryDirectory());
  const database = use(await startDatabaseProcess(directory.path));
  const start = async (name: string) => use(await startNeuronProcess(['--couchdb-url', database.url, '--name', name, '--signal-urls', `wss://${name}.example:443/ws`]));
  const neurons = await Promise.all(names.map((name) => start(name)));
  const [first] = neurons as [RunningNeuron, ...RunningNeuron[]];
  await ask(first, '/_ns/Talk', 'PUT');
  for (const neuron of neurons) await eventually(async () => expect((await membershipOf(neuron)).neurons.length).toBe(names.length));
  const close = async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  };
  return { neurons: neurons as [RunningNeuron, RunningNeuron], database, directory, start, [Symbol.asyncDispose]: close };
}

describe('a neuron and its clients', { timeout: TIMEOUT_MS }, () => {
  it('that ends in good order tells each of them where to go, and neurons that drain are named to nobody', async () => {
    await using system = await openSystem(['a', 'b']);
    const [a, b] = system.neurons;
    const clients = await Promise.all(['alex', 'anna'].map((user) => joinChannel(a, 'Talk', user)));
    const ended = a.process.end('SIGTERM');
    for (const client of clients) {
      await eventually(async () => expect(client.frames).toContain('go_away Talk/__sys__ {"host":"wss://b.example:443/ws"}'));
      expect(await client.closed).toBe(1001);
    }
    // Of two that are as busy either is named.
    await eventually(async () => {
      for (let asked = 0; asked < 20; asked += 1) expect(await ask(b, '/_host?type=signal')).toBe('wss://b.example:443/ws');
    });
    expect((await ended).code).toBe(0);
    const last = await joinChannel(b, 'Talk', 'bob');
    await b.process.end('SIGTERM');
    // There is nobody else.
    expect(last.frames).toContain('go_away Talk/__sys__ {"host":null}');
  });

  it('that was frozen and given up serves them again once they are registered in its new life: nobody is lost, and nobody is there twice', async () => {
    await using system = await openSystem(['a', 'b']);
    const [a, b] = system.neurons;
    const [alex, bob] = [await joinChannel(a, 'Talk', 'alex'), await joinChannel(b, 'Talk', 'bob')];
    await eventually(async () => expect(await ask(b, '/_subs/Talk')).toEqual(['alex', 'bob']));
    const { incarnation } = await membershipOf(a);
    a.process.child.kill('SIGSTOP');
    await eventually(async () => expect(await ask(b, '/_subs/Talk')).toEqual(['bob']));
    bob.frames.length = 0;
    alex.send({ t: 'u', m: { o: 'message' }, p: { sent: 'while it was frozen' } });
    a.process.child.kill('SIGCONT');
    await eventually(async () => expect(bob.frames).toContain('message Talk/alex {"sent":"while it was frozen"}'));
    // The message comes over the link and its sender over the feed: either may be first.
    await eventually(async () => expect(bob.frames.toSorted()).toEqual(['message Talk/alex {"sent":"while it was frozen"}', 'peer_connected Talk/alex "alex"']));
    for (const neuron of [a, b]) await eventually(async () => expect(await ask(neuron, '/_subs/Talk')).toEqual(['alex', 'bob']));
    await eventually(async () => expect((await ready(a)).body).toEqual({ ready: true, cause: 'running' }));
    expect((await membershipOf(a)).incarnation > incarnation).toBe(true);
    bob.send({ t: 'u', m: { o: 'message' }, p: { n: 1 } });
    await eventually(async () => expect(alex.frames).toContain('message Talk/bob {"n":1}'));
  });

  it('whose name another process takes sends them away, and ends with NEURON_SUPERSEDED and status 78', async () => {
    await using system = await openSystem(['a', 'b']);
    const [a] = system.neurons;
    const alex = await joinChannel(a, 'Talk', 'alex');
    const again = await system.start('a');
    await eventually(async () => expect(alex.frames).toContain('go_away Talk/__sys__ {"host":"wss://b.example:443/ws"}'));
    const { code, stderr } = await a.process.ended;
    expect(code).toBe(78);
    expect(stderr).toContain('NEURON_SUPERSEDED: --name: another process has registered in this system as a.');
    expect((await ready(again)).status).toBe(200);
    expect(await ask(again, '/_subs/Talk')).toEqual([]);
  });

  it('that sees neither the database nor another neuron takes nobody, answers reads with their age, sends its clients away in time, and serves again afterwards', async () => {
    await using system = await openSystem(['a', 'b']);
    const [a, b] = system.neurons;
    const { port } = new URL(system.database.url);
    await a.client.put({ bucket: '$sys', layer: '*data', path: '/kept', key: 'k' }, 1);
    expect(await ask(a, '/_data/kept?k=k')).toBe(1);
    const [alex, anna] = [await joinChannel(a, 'Talk', 'alex'), await joinChannel(a, 'Talk', 'anna')];
    await eventually(async () => expect(alex.frames).toContain('peer_connected Talk/anna "anna"'));
    await system.database.kill();
    await b.process.end('SIGKILL');
    await eventually(async () => expect(await ready(a)).toEqual({ status: 503, body: { ready: false, cause: 'isolated (isolated)' } }));
    expect((await membershipOf(a)).state).toBe('isolated');
    expect((await getJson(`${a.ready.operations}/health`)).status).toBe(503);
    expect(await knock(a)).toBe(503);
    anna.send({ t: 'u', m: { o: 'message' }, p: { n: 1 } });
    await eventually(async () => expect(alex.frames).toContain('message Talk/anna {"n":1}'));
    const read = await fetch(`${a.ready.rest}/_data/kept?k=k`, { headers: { authorization: `Basic ${btoa(`$sys:${TEST_SECRET}`)}` } });
    expect([read.status, ((await read.json()) as { readonly v: unknown }).v, Number(read.headers.get('x-kv4-age-ms')) > 1000]).toEqual([200, 1, true]);
    await eventually(async () => expect(alex.frames).toContain('go_away Talk/__sys__ {"host":null}'), 20_000);
    expect(await alex.closed).toBe(1001);
    await using _database = await startDatabaseProcess(system.directory.path, Number(port));
    await eventually(async () => expect((await ready(a)).status).toBe(200), 30_000);
    expect(await knock(a)).toBe(401);
    const carl = await joinChannel(a, 'Talk', 'carl');
    expect(carl.frames).not.toContain('peer_connected Talk/alex "alex"');
  });
});
