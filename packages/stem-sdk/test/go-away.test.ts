import { connect, type SocketLike } from '@xir/stem-sdk';
import { expect, it } from 'vitest';

/** A neuron's end of a WebSocket, played: it answers everything, watches included, and is told to say more. */
class PlayedSocket implements SocketLike {
  readonly asked: string[] = [];
  readonly #listeners: Array<{ readonly type: string; readonly listener: (event: { readonly data: unknown }) => void }> = [];

  constructor() {
    queueMicrotask(() => this.#tell('open'));
  }

  addEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void {
    this.#listeners.push({ type, listener });
  }

  send(text: string): void {
    const { id, op } = JSON.parse(text) as { id?: number; op: string };
    this.asked.push(op);
    if (id !== undefined) this.say({ id, result: op === 'get' ? null : {} });
  }

  say(message: unknown): void {
    queueMicrotask(() => this.#tell('message', JSON.stringify(message)));
  }

  close(): void {
    this.#tell('close');
  }

  #tell(kind: string, data?: string): void {
    for (const { type, listener } of this.#listeners) if (type === kind) listener({ data });
  }
}

it('a neuron that sends its clients away is left by watches and by the cache at once, whenever it ends the watches itself', async () => {
  const sockets: PlayedSocket[] = [];
  const webSocket = (): SocketLike => {
    sockets.push(new PlayedSocket());
    return sockets.at(-1) as PlayedSocket;
  };
  await using client = connect('ws://neuron', { webSocket, cache: {}, random: () => 0 });
  const key = client.key('/a', 'k');
  const watch = client.watch({ type: 'path', address: client.path('/a') }, { initial: false })[Symbol.asyncIterator]();
  const event = watch.next();
  await client.get(key);
  await expect.poll(() => client.cacheStatistics?.standingScopes, { interval: 1 }).toBe(1);
  await client.get(key);
  await client.get(key);
  expect(client.cacheStatistics).toMatchObject({ hits: 1, entries: 1 });
  sockets[0]?.say({ notice: 'go-away', graceMs: 10_000 });
  await expect.poll(() => sockets[1]?.asked.filter((op) => op === 'watch').length, { interval: 1 }).toBe(2);
  expect(client.cacheStatistics).toMatchObject({ entries: 0, flushes: 1 });
  sockets[0]?.say({ watch: 2, event: 'delete', path: '/a', key: 'late', position: 'p' });
  sockets[1]?.say({ watch: 2, event: 'delete', path: '/a', key: 'k', position: 'q' });
  sockets[1]?.say({ watch: 3, event: 'delete', path: '/a', key: 'k', position: 'q' });
  expect(await event).toMatchObject({ value: { type: 'delete', address: key, position: 'q' } });
});
