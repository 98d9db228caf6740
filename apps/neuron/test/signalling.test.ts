import { WebSocket } from 'undici';
import { expect, it } from 'vitest';

import { startNeuronProcess, temporaryDirectory, TEST_SECRET } from './neuron-process.ts';

interface Frame {
  readonly m: { readonly f: string; readonly o: string };
  readonly p: unknown;
}

/** Connects, and writes down what comes. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  const frames: Frame[] = [];
  let wake = () => {};
  socket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(String(data)) as Frame);
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  const outcome = await new Promise<string>((resolve) => {
    socket.addEventListener('open', () => resolve('open'));
    socket.addEventListener('error', () => resolve('refused'));
  });
  const until = async (operation: string, count = 1) => {
    const found = () => frames.filter(({ m }) => m.o === operation);
    while (found().length < count) await new Promise<void>((resolve) => (wake = resolve));
    return found();
  };
  return { socket, frames, closed, outcome, until };
}

it('existing signalling clients connect with their tokens at both ports, message one another, are listed, and can be kicked', async () => {
  await using directory = await temporaryDirectory();
  await using neuron = await startNeuronProcess(['--data-dir', directory.path]);
  const { ready } = neuron;
  const authorization = `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}`;
  const call = async (method: string, path: string) => ((await (await fetch(ready.rest + path, { method, headers: { authorization } })).json()) as { readonly v: unknown }).v;
  await call('PUT', '/_ns/Talk');
  const [alexToken, bobToken] = [await call('PUT', '/_token/Talk?k=alex'), await call('PUT', '/_token/Talk?k=bob')];
  const alex = await connect(`${ready.webSocket}/v2/${String(alexToken)}`);
  expect((await alex.until('peers')).map(({ p }) => p)).toEqual([{ users: ['alex'] }]);
  // Nothing was said of where signalling is: it is where the neuron was asked.
  expect(await call('GET', '/_host?type=signal')).toBe(`${ready.rest.replace('http', 'ws')}/ws`);
  const bob = await connect(`${String(await call('GET', '/_host/Talk?type=signal&k=alex'))}/v1/${String(bobToken)}`);
  await alex.until('peer_connected', 2);
  bob.socket.send('{"t":"u","m":{"f":"eve","o":"message"},"p":{"msg":"hello"}}');
  expect((await alex.until('message'))[0]).toMatchObject({ m: { f: 'Talk/bob' }, p: { msg: 'hello' } });
  expect(await call('GET', '/_subs/Talk')).toEqual(['alex', 'bob']);
  expect(await call('GET', '/_subs/Talk?k=bob')).toMatchObject({ key: 'bob', ident: '$sys', path: '/Talk' });
  expect(await call('DELETE', '/_subs/Talk?k=bob')).toBe(1);
  expect(await bob.closed).toBe(4001);
  expect((await alex.until('peer_removed')).map(({ p }) => p)).toEqual(['bob']);
  expect(await call('GET', '/_subs/Talk')).toEqual(['alex']);
  // The token that was used before the kick opens nothing any more.
  expect((await connect(`${ready.webSocket}/v2/${String(bobToken)}`)).outcome).toBe('refused');
  expect((await connect(`${ready.webSocket}/v2/forged`)).outcome).toBe('refused');
  const { code, stderr } = await neuron.process.end();
  expect(await alex.until('go_away')).toHaveLength(1);
  expect({ code, stderr: /"level":"(?:error|fatal)"/.test(stderr) }).toEqual({ code: 0, stderr: false });
}, 120_000);

it('channels keep their messages, and bound them, as the neuron is told', async () => {
  await using directory = await temporaryDirectory();
  const rules = [{ path: '/Talk/short', maxMessageCharacters: 20, maxMessagesPerSecond: 1 }, { path: '/Talk/**', history: { keep: '1h', maxRecoveredMessages: 2 } }];
  await using neuron = await startNeuronProcess(['--data-dir', directory.path, '--channels', JSON.stringify(rules)]);
  const { ready } = neuron;
  const authorization = `Basic ${Buffer.from(`$sys:${TEST_SECRET}`).toString('base64')}`;
  const call = async (method: string, path: string) => ((await (await fetch(ready.rest + path, { method, headers: { authorization } })).json()) as { readonly v: unknown }).v;
  for (const path of ['Talk', 'Talk/short']) await call('PUT', `/_ns/${path}`);
  const open = async (path: string, user: string, more = '') => connect(`${ready.webSocket}/v2/${String(await call('PUT', `/_token/${path}?k=${user}`))}${more}`);
  const say = ({ socket }: Awaited<ReturnType<typeof connect>>, id: string, content: unknown) => socket.send(JSON.stringify({ t: 'u', m: { o: 'message', i: id }, p: content }));
  const alex = await open('Talk', 'alex');
  for (const id of ['1', '2', '3', '4']) say(alex, id, `message ${id}`);
  const positions = (await alex.until('stored', 4)).map(({ m }) => (m as { readonly n?: string }).n);
  const back = await open('Talk', 'bob', `?since=${positions[1]}`);
  expect((await back.until('recovered'))[0]?.p).toMatchObject({ recovered: true });
  expect((await back.until('message', 2)).map(({ p }) => p)).toEqual(['message 3', 'message 4']);
  // Three were missed, and only two are given.
  const late = await open('Talk', 'eve', `?since=${positions[0]}`);
  expect((await late.until('recovered'))[0]?.p).toMatchObject({ recovered: false });
  const brief = await open('Talk/short', 'alex');
  say(brief, 'long', 'x'.repeat(20));
  expect((await brief.until('refused'))[0]?.p).toEqual({ code: 'ROUTER_MESSAGE_TOO_LARGE' });
  for (const id of ['1', '2', '3']) say(brief, id, id);
  expect((await brief.until('refused', 2))[1]?.p).toEqual({ code: 'ROUTER_RATE_LIMITED' });
}, 120_000);
