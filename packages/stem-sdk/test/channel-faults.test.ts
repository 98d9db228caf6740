import { expect, it } from 'vitest';

import { openChannelSystem, webSocket, type ChannelNeuron, type ListenedChannel } from './channel-system.ts';
import { SEED, SeededRandom } from './seeded-random.ts';

/** Connections are cut, and messages on their way to a client vanish, while everybody sends. */
async function playRound(seed: number) {
  const chance = new SeededRandom(seed);
  const random = () => chance.below(1_000_000) / 1_000_000;
  await using system = openChannelSystem();
  const neurons = [await system.open('a'), await system.open('b')] as const;
  let isFaulty = true;
  const lossy = (url: string) => {
    const socket = webSocket(url);
    const add = socket.addEventListener.bind(socket) as (type: string, listener: (event: never) => void) => void;
    return {
      send: (text: string) => socket.send(text),
      close: () => socket.close(),
      addEventListener: (type: string, listener: (event: never) => void) =>
        add(type, (event: { readonly data?: unknown }) => {
          if (isFaulty && type === 'message' && random() < 0.03 && String(event.data).includes('"n":"')) return;
          listener(event as never);
        }),
    };
  };
  const names = ['alex', 'bob', 'eve'];
  const peers: ListenedChannel[] = [];
  for (const name of names) peers.push(await system.join(shuffled(neurons, random), name, { path: '/kept/room', webSocket: lossy, random }));
  const sent: Promise<unknown>[] = [];
  const senders: number[] = [];
  for (let number = 0; number < 60; number += 1) {
    const sender = chance.below(3);
    senders.push(sender);
    sent.push((peers[sender] as ListenedChannel).channel.send(`${names[sender]} ${number}`));
    if (random() < 0.1) (neurons[chance.below(2)] as ChannelNeuron).cut();
    if (random() < 0.5) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await Promise.all(sent);
  isFaulty = false;
  for (const peer of peers) {
    await peer.until(() => peer.channel.state === 'connected');
    await peer.channel.send('last', { event: 'last' });
  }
  const others = (name: string) => names.filter((other) => other !== name);
  for (const [index, peer] of peers.entries()) await peer.until(() => peer.messages.filter(({ event }) => event === 'last').length === others(names[index] as string).length);
  return { peers, senders };
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return random() < 0.5 ? [...items] : items.toReversed();
}

it('whatever breaks, on a channel that keeps its messages all see all of them, once, in one order', async () => {
  for (let seed = SEED; seed < SEED + 15; seed += 1) {
    const { peers, senders } = await playRound(seed);
    const context = `XIR_TEST_SEED=${seed} npx vitest run channel-faults`;
    const positions = new Map<string, string>();
    for (const [index, peer] of peers.entries()) {
      expect(peer.events.filter((event) => event.type === 'connected' && !event.recovered), context).toEqual([]);
      const seen = peer.messages.filter(({ event }) => event === 'message');
      const wanted = senders.flatMap((sender, number) => (sender === index ? [] : [number]));
      expect(seen.map(({ content }) => Number((content as string).split(' ')[1])).toSorted((left, right) => left - right), context).toEqual(wanted);
      expect(seen.map(({ position }) => position), context).toEqual(seen.map(({ position = '' }) => position).toSorted());
      for (const { content, position = '' } of seen) {
        expect(positions.get(content as string) ?? position, context).toBe(position);
        positions.set(content as string, position);
      }
    }
  }
}, 60_000);
