import { expect, it } from 'vitest';
import { joinChannel, type ChannelClient } from './channel-client.ts';
import { startDatabaseProcess } from './database-process.ts';
import { eventually, startNeuronProcess, temporaryDirectory, TEST_SECRET, type RunningNeuron } from './neuron-process.ts';

const TIMEOUT_MS = 60_000;
const OTHER_SECRET = 'another secret of the tests';

/** Asks a neuron something as the system account. */
async function ask({ ready }: RunningNeuron, [method, path, body]: readonly [method: string, path: string, body?: object], secret = TEST_SECRET): Promise<unknown> {
  const headers = { authorization: `Basic ${btoa(`$sys:${secret}`)}`, 'content-type': 'application/json' };
  const response = await fetch(`${ready.rest}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return ((await response.json()) as { readonly v: unknown }).v;
}

let sent = 0;

/** Sends a message again and again, each time with another id, until one is reported in these words. */
async function expectReported({ frames, send }: ChannelClient, report: string): Promise<void> {
  const reports = () => frames.filter((frame) => frame.startsWith('acknowledged '));
  await eventually(async () => {
    const before = reports().length;
    sent += 1;
    send({ t: 'u', m: { o: 'message', t: 'bob', i: `m${sent}`, a: 'reached' }, p: sent });
    // A neuron that does not answer is given up after ten seconds.
    await expect.poll(() => reports().length, { timeout: 12_000 }).toBe(before + 1);
    expect(reports().at(-1)).toContain(report);
  }, 30_000);
}

it('a neuron that is revoked over REST gets no messages any more, until it is believed again', { timeout: TIMEOUT_MS }, async () => {
  await using directory = await temporaryDirectory();
  await using database = await startDatabaseProcess(directory.path);
  const start = (name: string) => startNeuronProcess(['--couchdb-url', database.url, '--name', name]);
  await using a = await start('a');
  await using b = await start('b');
  await ask(a, ['PUT', '/_ns/Talk']);
  const alex = await joinChannel(a, 'Talk', 'alex');
  await joinChannel(b, 'Talk', 'bob');
  await expectReported(alex, '"reached":1');
  await ask(a, ['PUT', '/_links/revoked', { k: 'b' }]);
  await expectReported(alex, '"reason":"unreachable"');
  expect(await ask(a, ['DELETE', '/_links/revoked?k=b'])).toBe(1);
  await expectReported(alex, '"reached":1');
});

it('the system secret is changed by deleting the authority and starting the neurons with another', { timeout: TIMEOUT_MS }, async () => {
  await using directory = await temporaryDirectory();
  await using database = await startDatabaseProcess(directory.path);
  const start = (name: string, ...more: string[]) => startNeuronProcess(['--couchdb-url', database.url, '--name', name, ...more]);
  {
    await using before = await start('a');
    await ask(before, ['PUT', '/_ns/Talk']);
    expect(await ask(before, ['DELETE', '/_links/authority'])).toBe(1);
    expect((await before.process.end('SIGTERM')).code).toBe(0);
  }
  await using a = await start('a', '--system-secret', OTHER_SECRET);
  await using b = await start('b', '--system-secret', OTHER_SECRET);
  const alex = await joinChannel(a, 'Talk', 'alex', OTHER_SECRET);
  await joinChannel(b, 'Talk', 'bob', OTHER_SECRET);
  await expectReported(alex, '"reached":1');
});
