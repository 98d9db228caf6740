import { expect, it } from 'vitest';

import { Directory, type Peer, type PresenceChange, type Slot, type Subscription } from '../src/index.ts';
import { seededRandom, testSeed } from './seeded-random.ts';

const room = { bucket: 'cool', path: '/room' };
const at = (user: string, joinedAtMs = 1, more: Partial<Subscription> = {}): Subscription => ({ ...room, user, device: 'd', joinedAtMs, ...more });
const slot = (incarnation: string, ...subscriptions: Subscription[]): Slot => ({ incarnation, subscriptions });

/** A directory with all lives alive that are in `alive`, and what it told. */
function opened(...lives: string[]) {
  const alive = new Set(lives);
  const told: string[] = [];
  const onChange = ({ type, peer, devices }: PresenceChange) => told.push(`${type} ${peer.user}@${peer.neuron} ${devices}`);
  const directory = new Directory({ isLive: (neuron, incarnation) => alive.has(`${neuron}${incarnation}`), onChange });
  const list = () => [...(directory.channel(room)?.peers() ?? [])].map(({ user, device, neuron }) => `${user}/${device}@${neuron}`).toSorted();
  return { alive, told, directory, list, taken: () => told.splice(0) };
}

it('D1: what a slot says counts while its neuron is alive in that life, and no longer', () => {
  const { alive, directory, list, taken } = opened('a1');
  directory.setSlot('a', 0, slot('1', at('alex')));
  directory.setSlot('b', 0, slot('1', at('bob')));
  expect(list()).toEqual(['alex/d@a']);
  expect(taken()).toEqual(['join alex@a 1']);
  alive.add('b1');
  directory.recheck();
  expect(taken()).toEqual(['join bob@b 1']);
  alive.delete('a1');
  alive.add('a2');
  directory.recheck();
  expect(taken()).toEqual(['leave alex@a 0']);
  directory.setSlot('a', 0, slot('2', at('alex')));
  expect(taken()).toEqual(['join alex@a 1']);
  directory.setSlot('a', 0, undefined);
  expect(taken()).toEqual(['leave alex@a 0']);
});

it('D2: a slot that is written again says only what is different', () => {
  const { directory, taken } = opened('a1');
  directory.setSlot('a', 0, slot('1', at('alex'), at('bob')));
  taken();
  directory.setSlot('a', 0, slot('1', at('bob'), at('carol')));
  expect(taken()).toEqual(['join carol@a 1', 'leave alex@a 0']);
  directory.setSlot('a', 0, slot('1', at('bob', 1, { state: 'busy' }), at('carol')));
  expect(taken()).toEqual(['update bob@a 1']);
});

it('D3: a device is where it was last: it moves, and nobody is told that it left', () => {
  const { directory, list, taken } = opened('a1', 'b1');
  directory.setSlot('a', 0, slot('1', at('alex', 5)));
  directory.setSlot('b', 0, slot('1', at('alex', 6)));
  expect(list()).toEqual(['alex/d@b']);
  directory.setSlot('a', 0, undefined);
  expect(taken()).toEqual(['join alex@a 1', 'move alex@b 1']);
  expect([...(directory.channel(room)?.neurons ?? [])]).toEqual([['b', 1]]);
});

it('D9: a device that moves and says something else of itself there is told to have said so', () => {
  const { directory, taken } = opened('a1', 'b1');
  directory.setSlot('a', 0, slot('1', at('alex', 5, { state: 'here' })));
  directory.setSlot('b', 0, slot('1', at('alex', 6, { state: 'there' })));
  expect(taken()).toEqual(['join alex@a 1', 'move alex@b 1', 'update alex@b 1']);
  directory.setSlot('b', 0, undefined);
  expect(taken()).toEqual(['move alex@a 1', 'update alex@a 1']);
});

it('D4: an older subscription does not take the place of a newer one, and takes over when that is gone', () => {
  const { directory, list, taken } = opened('a1', 'b1');
  directory.setSlot('a', 0, slot('1', at('alex', 6)));
  directory.setSlot('b', 0, slot('1', at('alex', 5)));
  expect(list()).toEqual(['alex/d@a']);
  directory.setSlot('a', 0, undefined);
  expect(taken()).toEqual(['join alex@a 1', 'move alex@b 1']);
});

it('D5: a user has several devices, and is gone with the last', () => {
  const { directory, taken } = opened('a1');
  directory.setSlot('a', 0, slot('1', at('alex'), at('alex', 1, { device: 'e' })));
  directory.setSlot('a', 0, slot('1', at('alex')));
  directory.setSlot('a', 0, slot('1'));
  expect(taken()).toEqual(['join alex@a 1', 'join alex@a 2', 'leave alex@a 1', 'leave alex@a 0']);
});

it('D6: when everything is told anew, what is not told again is gone, and what is was never away', () => {
  const { directory, list, taken } = opened('a1', 'b1');
  directory.setSlot('a', 0, slot('1', at('alex')));
  directory.setSlot('b', 3, slot('1', at('bob')));
  taken();
  directory.beginTelling();
  directory.setSlot('a', 0, slot('1', at('alex')));
  expect(list()).toEqual(['alex/d@a', 'bob/d@b']);
  directory.endTelling();
  expect(taken()).toEqual(['leave bob@b 0']);
});

it('D7: a subtree is the channels on which somebody is, at a path and beneath it', () => {
  const { directory } = opened('a1');
  const paths = ['/', '/a', '/a/b/c', '/ab', '/z'];
  directory.setSlot('a', 0, slot('1', ...paths.map((path) => at('alex', 1, { path })), at('alex', 1, { bucket: 'other', path: '/a' })));
  const under = (path: string) => [...directory.subtree({ bucket: 'cool', path })].map((node) => node.path).toSorted();
  expect(under('/')).toEqual(paths);
  expect(under('/a')).toEqual(['/a', '/a/b/c']);
  expect(under('/a/b')).toEqual(['/a/b/c']);
  expect(under('/nobody')).toEqual([]);
  directory.setSlot('a', 0, undefined);
  expect([...directory.buckets()]).toEqual([]);
});

it('D8: whatever comes in whatever order, it lists the newest of each device that counts, and what it told adds up to that', () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const alive = new Set<string>();
  const present = new Map<string, Peer>();
  const key = ({ path, user, device }: Peer) => `${path} ${user} ${device}`;
  const directory = new Directory({
    isLive: (neuron, incarnation) => alive.has(`${neuron}${incarnation}`),
    onChange: ({ type, peer, previous }) => {
      expect(present.has(key(peer)), `${type}, seed ${seed}`).toBe(type !== 'join');
      if (previous !== undefined) expect(present.get(key(peer)), `seed ${seed}`).toBe(previous);
      if (type === 'leave') present.delete(key(peer));
      else present.set(key(peer), peer);
    },
  });
  const slots = new Map<string, Slot>();
  for (let step = 0; step < 2_000; step += 1) {
    const neuron = 'abc'[pick(3)] as string;
    const life = String(1 + pick(2));
    if (random() < 0.2) {
      if (!alive.delete(`${neuron}${life}`)) alive.add(`${neuron}${life}`);
      directory.recheck();
    } else {
      const number = pick(3);
      const count = pick(6);
      const members = Array.from({ length: count }, () => at(`u${pick(5)}`, pick(50), { path: `/p${pick(2)}`, device: `d${pick(2)}` }));
      const unique = [...new Map(members.map((member) => [`${member.path}${member.user}${member.device}`, member])).values()];
      const value = count === 0 ? undefined : slot(life, ...unique);
      if (value === undefined) slots.delete(`${neuron}${number}`);
      else slots.set(`${neuron}${number}`, value);
      directory.setSlot(neuron, number, value);
    }
    const newest = new Map<string, number>();
    for (const [place, { incarnation, subscriptions }] of slots) {
      if (!alive.has(`${place[0]}${incarnation}`)) continue;
      for (const each of subscriptions) {
        const name = `${each.path} ${each.user} ${each.device}`;
        newest.set(name, Math.max(newest.get(name) ?? 0, each.joinedAtMs));
      }
    }
    const listed = [...directory.subtree({ bucket: 'cool', path: '/' })].flatMap((node) => [...node.peers()]);
    expect(new Map(listed.map((peer) => [key(peer), peer.joinedAtMs])), `seed ${seed}, step ${step}`).toEqual(newest);
    expect(new Map([...present].map(([name, peer]) => [name, peer.joinedAtMs])), `seed ${seed}, step ${step}`).toEqual(newest);
    for (const node of directory.subtree({ bucket: 'cool', path: '/' })) {
      const counted = new Map<string, number>();
      for (const peer of node.peers()) counted.set(peer.neuron, (counted.get(peer.neuron) ?? 0) + 1);
      expect(new Map(node.neurons), `seed ${seed}, step ${step}`).toEqual(counted);
    }
  }
});
