import { describe, expect, it } from 'vitest';
import { joinChannel } from './channel-client.ts';
import { startDatabaseProcess } from './database-process.ts';
import { eventually, NeuronProcess, freePorts, startNeuronProcess, temporaryDirectory, TEST_SECRET, type RunningNeuron } from './neuron-process.ts';

const TIMEOUT_MS = 120_000;

async function metric({ ready }: RunningNeuron, name: string): Promise<number> {
  const text = await (await fetch(`${ready.operations}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

/** All samples without the label of the neuron that tells them. */
async function samples({ ready }: RunningNeuron): Promise<readonly string[]> {
  const text = await (await fetch(`${ready.operations}/metrics`)).text();
  return text.split('\n').map((line) => line.replace(/,?neuron="\w+"/, '').replace('{}', ''));
}

/** An answer of the REST API to the system account. */
async function ask({ ready }: RunningNeuron, path: string, method = 'GET'): Promise<unknown> {
  const response = await fetch(`${ready.rest}${path}`, { method, headers: { authorization: `Basic ${btoa(`$sys:${TEST_SECRET}`)}` } });
  return ((await response.json()) as { readonly v: unknown }).v;
}

const leases = (neuron: RunningNeuron) => ask(neuron, '/_ds/runtime/hosts/active?a=keys&l=*leases');
const signalHost = (neuron: RunningNeuron) => ask(neuron, '/_host?type=signal');

describe('the neurons of a system', { timeout: TIMEOUT_MS }, () => {
  it('know one another; one that is killed is gone on the others within 5 seconds, one that ends in good order at once', async () => {
    await using directory = await temporaryDirectory();
    await using database = await startDatabaseProcess(directory.path);
    const join = (name: string) => startNeuronProcess(['--couchdb-url', database.url, '--name', name, '--signal-urls', `wss://${name}.example:443/ws`]);
    await using a = await join('a');
    await using b = await join('b');
    await using c = await join('c');
    const neuronsOf = async (neuron: RunningNeuron, count: number) => expect(await metric(neuron, 'xir_membership_neurons')).toBe(count);
    for (const neuron of [a, b, c]) await eventually(() => neuronsOf(neuron, 3));
    await eventually(async () => expect(await metric(a, 'xir_link_connections')).toBe(2));
    expect(await leases(a)).toEqual(['a', 'b', 'c']);
    expect(await signalHost(a)).toMatch(/^wss:\/\/[abc]\.example:443\/ws$/);
    const killedAtMs = performance.now();
    c.process.child.kill('SIGKILL');
    await Promise.all([a, b].map((neuron) => eventually(() => neuronsOf(neuron, 2), 20_000)));
    const goneAfterMs = performance.now() - killedAtMs;
    console.log(`gone on the others ${Math.round(goneAfterMs)} ms after SIGKILL`);
    await eventually(async () => expect(await leases(a)).toEqual(['a', 'b']));
    expect((await metric(a, 'xir_membership_clean_ups')) || (await metric(b, 'xir_membership_clean_ups'))).toBe(1);
    // Who holds a lease, with its load, and who cleaned up behind whom are data.
    expect(await ask(a, '/_data/runtime/hosts/active?l=*leases&k=b')).toMatchObject({ load: expect.any(Number), signalUrls: ['wss://b.example:443/ws'] });
    expect(await ask(a, '/_data/runtime/hosts/cleaned?l=*leases&k=last')).toMatchObject({ cleanUps: [{ neuron: 'c', by: expect.stringMatching(/^[ab]$/) as string }] });
    await b.process.end('SIGTERM');
    await eventually(() => neuronsOf(a, 1), 1000);
    expect(await leases(a)).toEqual(['a']);
    expect(await signalHost(a)).toBe('wss://a.example:443/ws');
    expect(goneAfterMs).toBeLessThan(5000);
  });

  it('carry messages between clients of different ones, and clients see the peers of a killed one leave within 5 seconds', async () => {
    await using directory = await temporaryDirectory();
    await using database = await startDatabaseProcess(directory.path);
    const join = (name: string) => startNeuronProcess(['--couchdb-url', database.url, '--name', name, '--signal-urls', `wss://${name}.example:443/ws`]);
    await using a = await join('a');
    await using b = await join('b');
    await ask(a, '/_ns/Talk', 'PUT');
    const alex = await joinChannel(a, 'Talk', 'alex');
    const bob = await joinChannel(b, 'Talk', 'bob');
    await eventually(async () => expect(alex.frames).toContain('peer_connected Talk/bob "bob"'));
    await eventually(async () => expect(await ask(a, '/_subs/Talk')).toEqual(['alex', 'bob']));
    await eventually(async () => expect(await ask(b, '/_subs/Talk')).toEqual(['alex', 'bob']));
    bob.send({ t: 'u', m: { f: 'bob', o: 'message', t: 'alex' }, p: { n: 1 } });
    alex.send({ t: 'u', m: { f: 'alex', o: 'message' }, p: { n: 2 } });
    await eventually(async () => expect(alex.frames).toContain('message Talk/bob {"n":1}'));
    await eventually(async () => expect(bob.frames).toContain('message Talk/alex {"n":2}'));
    expect(await ask(a, '/_host/Talk?type=signal&k=bob')).toBe('wss://b.example:443/ws');
    const figures = await samples(a);
    for (const sample of ['xir_channels 1', 'xir_channels_peers 1', 'xir_channels_joins_total 1', 'xir_channels_messages_total{from="here"} 1', 'xir_channels_messages_total{from="neurons"} 1', 'xir_channels_undelivered_total{reason="absent"} 0', 'xir_membership_state{state="serving"} 1', 'xir_membership_neurons_by_state{state="serving"} 2', 'xir_link_up{peer="b"} 1', 'xir_link_queued_messages{peer="b"} 0']) expect(figures).toContain(sample);
    for (const name of ['xir_link_messages_total{direction="in"}', 'xir_link_bytes_total{direction="out"}', 'xir_membership_lease_age_seconds{peer="b"}']) expect(figures.some((sample) => sample.startsWith(`${name} `))).toBe(true);
    const killedAtMs = performance.now();
    b.process.child.kill('SIGKILL');
    await eventually(async () => expect(alex.frames).toContain('peer_removed Talk/bob "bob"'), 20_000);
    console.log(`left for clients of the other ${Math.round(performance.now() - killedAtMs)} ms after SIGKILL`);
    expect(await ask(a, '/_subs/Talk')).toEqual(['alex']);
    expect(performance.now() - killedAtMs).toBeLessThan(5000);
  });

  it('have one secret: a neuron with another one says so and ends', async () => {
    await using directory = await temporaryDirectory();
    await using first = await startNeuronProcess(['--data-dir', directory.path, '--serve-database', '127.0.0.1:0', '--name', 'first']);
    const { database = '' } = first.ready;
    const other = await new NeuronProcess([...freePorts(), '--system-secret', 'another', '--couchdb-url', database, '--name', 'second']).ended;
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain('NEURON_SYSTEM_SECRET_DIFFERS: --system-secret');
  });
});
