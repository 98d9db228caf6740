import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { startDatabaseProcess } from './database-process.ts';
import { joinChannel } from './channel-client.ts';
import { NEURON_VERSION } from '../src/package-version.ts';
import { eventually, expectNoSecret, freePorts, getJson, NeuronProcess, startNeuronProcess, temporaryDirectory, TEST_SECRET } from './neuron-process.ts';

const TIMEOUT_MS = 60_000;

/** A port that nothing listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('the command', { timeout: TIMEOUT_MS }, () => {
  it('prints one JSON line with every address, and nothing else, on standard output', async () => {
    await using directory = await temporaryDirectory();
    await using neuron = await startNeuronProcess(['--data-dir', directory.path, '--name', 'n1']);
    const { ready } = neuron;
    expect(ready).toMatchObject({ ready: true, neuron: 'n1', version: NEURON_VERSION, pid: neuron.process.child.pid, databaseName: 'xir', embedded: true });
    expect(ready.database).toBeUndefined();
    expect(ready.linkPort).toBeGreaterThan(0);
    expect((await getJson(`${ready.operations}/ready`)).status).toBe(200);
    const { code, stdout, stderr } = await neuron.process.end('SIGTERM');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ neuron: 'n1' });
    expectNoSecret(stderr + stdout, TEST_SECRET);
  });

  it('answers on REST what is written to it, with the age of what comes from the cache', async () => {
    await using directory = await temporaryDirectory();
    await using neuron = await startNeuronProcess(['--data-dir', directory.path]);
    const { client, ready } = neuron;
    const address = client.key('/rooms/kitchen', 'lamp');
    await client.put(address, { on: true });
    expect((await client.get(address))?.value).toEqual({ on: true });
    const authorization = `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}`;
    const response = await fetch(`${ready.rest}/_data/rooms/kitchen?k=lamp`, { headers: { authorization } });
    expect(await response.json()).toMatchObject({ s: 'ok', v: { on: true } });
    expect(Number(response.headers.get('x-kv4-age-ms'))).toBeGreaterThanOrEqual(0);
    const metrics = await (await fetch(`${ready.operations}/metrics`)).text();
    expect(metrics).toMatch(/^xir_requests_total\{service="data",method="PUT",outcome="ok",neuron="\w+"\} 1$/m);
  });

  it('keeps everything over a restart on the same data directory', async () => {
    await using directory = await temporaryDirectory();
    let version: string | undefined;
    {
      await using neuron = await startNeuronProcess(['--data-dir', directory.path]);
      ({ version } = await neuron.client.put(neuron.client.key('/a', 'k'), { n: 1 }));
      expect((await neuron.process.end('SIGTERM')).code).toBe(0);
    }
    await using again = await startNeuronProcess(['--data-dir', directory.path]);
    const record = await again.client.get(again.client.key('/a', 'k'));
    expect([record?.value, record?.version]).toEqual([{ n: 1 }, version]);
    const next = await again.client.put(again.client.key('/a', 'k'), { n: 2 }, { condition: { type: 'version', version: version ?? '' } });
    expect(next.version > (version ?? '')).toBe(true);
  });

  it('reads its configuration file, and secrets from files', async () => {
    await using directory = await temporaryDirectory();
    const config = join(directory.path, 'neuron.yaml');
    await writeFile(join(directory.path, 'secret'), 'from a file\n');
    await writeFile(
      config,
      `rest-port: 0\nws-port: 0\nlink-port: 0\nops-port: 0\ntcp-port: 0\nname: fromfile\ndata-dir: ${JSON.stringify(join(directory.path, 'data'))}\nsystem-secret-file: ${JSON.stringify(join(directory.path, 'secret'))}\n`,
    );
    await using neuron = new NeuronProcess(['--config', config], { XIR_LOG_LEVEL: 'warn' });
    const ready = await neuron.ready();
    expect(ready.neuron).toBe('fromfile');
    const authorization = `Basic ${Buffer.from('$sys:from a file').toString('base64')}`;
    const response = await fetch(`${ready.rest}/_data/a`, { headers: { authorization } });
    expect(await response.json()).toEqual({ v: [], s: 'ok' });
    const { code, stderr } = await neuron.end('SIGINT');
    expect([code, stderr]).toEqual([0, '']);
  });

  it.each<[string, string[], string]>([
    ['the default secret on an address that others reach', ['--host', '0.0.0.0'], 'NEURON_DEFAULT_SECRET'],
    ['an embedded database that everybody could write', ['--serve-database', '0.0.0.0:0'], 'NEURON_DATABASE_OPEN_TO_ALL'],
    ['an option that it does not know', ['--no-such-option'], 'NEURON_UNKNOWN_OPTION'],
    ['a value that is none', ['--rest-port', 'http'], 'NEURON_BAD_OPTION'],
    ['a configuration file that is not there', ['--config', '/nowhere/neuron.yaml'], 'NEURON_CONFIG_FILE'],
  ])('refuses %s: status 78, code, cause and fix on standard error, and no ready line', async (_, parameters, code) => {
    const ended = await new NeuronProcess(parameters).ended;
    expect([ended.code, ended.stdout]).toEqual([78, '']);
    expect(ended.stderr).toMatch(new RegExp(`^${code}: `));
    expect(ended.stderr.trim().split('. ').length).toBeGreaterThan(1);
  });

  it('says what is wrong when its database cannot be had, without the password: status 1', async () => {
    const ended = await new NeuronProcess([...freePorts(), '--couchdb-url', 'http://admin:hunter2@127.0.0.1:9', '--database-wait-ms', '0']).ended;
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(/NEURON_DATABASE_UNREACHABLE: --couchdb-url: the database at http:\/\/127\.0\.0\.1:9 /);
    expectNoSecret(ended.stderr, 'hunter2');
  });

  it('waits for a database that is not there yet: /health says for what, SIGTERM ends the waiting, and it is ready when the database comes', async () => {
    await using directory = await temporaryDirectory();
    await using before = await startDatabaseProcess(directory.path);
    const { port, origin } = new URL(before.url);
    await before.kill();
    const operations = await freePort();
    const parameters = [...freePorts(), '--ops-port', String(operations), '--couchdb-url', origin];
    await using neuron = new NeuronProcess(parameters);
    await vi.waitFor(() => expect(neuron.output.stderr).toMatch(/waits for its database/), { timeout: 20_000, interval: 20 });
    const { status, body } = await getJson(`http://127.0.0.1:${operations}/health`);
    expect(status).toBe(503);
    expect(JSON.stringify(body)).toContain(`the database at ${origin} could not be opened`);
    const ended = await neuron.end('SIGTERM');
    expect([ended.code, ended.stdout]).toEqual([0, '']);
    await using patient = new NeuronProcess(parameters);
    await vi.waitFor(() => expect(patient.output.stderr).toMatch(/waits for its database/), { timeout: 20_000, interval: 20 });
    await using database = await startDatabaseProcess(directory.path, Number(port));
    expect((await patient.ready()).database).toBe(database.url);
  });

  it('says what is wrong when its data directory is in use, or a port is taken: status 1', async () => {
    await using directory = await temporaryDirectory();
    await using other = await temporaryDirectory();
    await using neuron = await startNeuronProcess(['--data-dir', directory.path]);
    const second = await new NeuronProcess([...freePorts(), '--data-dir', directory.path]).ended;
    expect([second.code, second.stderr.split(':')[0]]).toEqual([1, 'NEURON_DATA_DIRECTORY']);
    const { port } = new URL(neuron.ready.rest);
    const third = await new NeuronProcess(['--rest-port', port, '--ops-port', '0', '--tcp-port', '0', '--ws-port', '0', '--link-port', '0', '--data-dir', other.path]).ended;
    expect(third.code).toBe(1);
    expect(third.stderr).toContain('NEURON_LISTEN_FAILED: --rest-port');
  });

  it('refuses a certificate that is none', async () => {
    await using directory = await temporaryDirectory();
    const file = join(directory.path, 'cert.pem');
    await writeFile(file, 'not a certificate');
    const ended = await new NeuronProcess([...freePorts(), '--data-dir', join(directory.path, 'd'), '--tls-cert', file, '--tls-key', file]).ended;
    expect([ended.code, ended.stdout]).toEqual([78, '']);
    expect(ended.stderr).toContain('NEURON_TLS_FILE');
  });
});

describe('SIGTERM', { timeout: TIMEOUT_MS }, () => {
  it('lets a request that is under way finish, and takes no new connections', async () => {
    await using directory = await temporaryDirectory();
    await mkdir(directory.path, { recursive: true });
    await using neuron = await startNeuronProcess(['--data-dir', directory.path]);
    const { hostname, port } = new URL(neuron.ready.rest);
    const socket = connectSocket(Number(port), hostname);
    await once(socket, 'connect');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    const body = '{"k":"slow","v":{"n":1}}';
    const login = Buffer.from(`$sys:${TEST_SECRET}`).toString('base64');
    const head = `PUT /_data/a HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${login}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const sent = new Promise<void>((resolve) => socket.write(head + body.slice(0, 5), () => resolve()));
    await sent;
    // A second request on another connection shows that the first bytes above have been read.
    await neuron.client.get(neuron.client.key('/a', 'k'));
    neuron.process.child.kill('SIGTERM');
    await expectDraining(neuron.ready.rest);
    socket.write(body.slice(5));
    const ended = await neuron.process.ended;
    expect(ended.code).toBe(0);
    expect(answer).toContain('"s":"ok"');
  });
});

describe('SIGTERM while the database does not answer', { timeout: TIMEOUT_MS }, () => {
  it('ends the neuron in order, with status 0, although there are measurements, history, messages and peers to be written', async () => {
    await using directory = await temporaryDirectory();
    await using database = await startDatabaseProcess(directory.path);
    await using neuron = await startNeuronProcess(['--couchdb-url', database.url, '--drain-ms', '500', '--heartbeat-ms', '500', '--channels', '[{"path":"/kept","history":true}]']);
    const address = neuron.client.key('/a', 'k');
    // Enough versions for the older ones to move into a segment, which is then under way.
    for (let n = 0; n < 20; n += 1) await neuron.client.put(address, { n });
    await fetch(`${neuron.ready.rest}/_ns/kept`, { method: 'PUT', headers: { authorization: `Basic ${btoa(`$sys:${TEST_SECRET}`)}` } });
    const alex = await joinChannel(neuron, 'kept', 'alex');
    const say = (id: string) => alex.send({ t: 'u', m: { o: 'message', i: id, a: 'reached' }, p: id });
    say('m1');
    await eventually(async () => expect(alex.frames.join()).toContain('acknowledged'));
    database.fallSilent();
    say('m2');
    void joinChannel(neuron, 'kept', 'bob').catch(() => undefined);
    neuron.process.child.kill('SIGTERM');
    expect(await neuron.process.ended).toMatchObject({ code: 0, signal: null });
  });
});

async function expectDraining(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const refused = await new Promise<boolean>((resolve) => {
      const probe = connectSocket(Number(port), hostname);
      probe.once('connect', () => {
        probe.destroy();
        resolve(false);
      });
      probe.once('error', () => resolve(true));
    });
    if (refused) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the neuron went on accepting connections');
}
