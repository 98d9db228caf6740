import { Kv4Error } from '@xir/kv4-core';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLEAN_UP_ADDRESS, joinMembership, LEASE_PATH, type MembershipOptions, type NeuronFacts, type NeuronMembership } from '../src/index.ts';
import { ManualClock } from './support/manual-clock.ts';
import { MemoryNetwork } from './support/memory-network.ts';

const IDLE: NeuronFacts = { load: 0, clients: 0, draining: false };

/** A neuron with a clock of its own, so that it alone can stand still. */
interface Host {
  readonly clock: ManualClock;
  readonly membership: NeuronMembership;
}

describe('the membership of neurons', () => {
  let store: MemoryReferenceStore;
  let network: MemoryNetwork;
  let hosts: Map<string, Host>;
  let tidied: string[];

  beforeEach(() => {
    store = new MemoryReferenceStore();
    network = new MemoryNetwork();
    hosts = new Map();
    tidied = [];
  });

  afterEach(async () => {
    for (const { membership } of hosts.values()) await membership.close();
    await store.close();
  });

  async function join(neuron: string, options: Partial<MembershipOptions> = {}): Promise<NeuronMembership> {
    const clock = new ManualClock();
    const tidy = async (life: { readonly neuron: string; readonly incarnation: string }) => tidied.push(`${life.neuron} ${life.incarnation}`);
    const all = { store, pinger: network.pinger(neuron), neuron, process: `process of ${neuron}`, facts: () => IDLE, tidy, clock, random: () => 0.5, ...options };
    const membership = await joinMembership(all);
    hosts.set(neuron, { clock, membership });
    return membership;
  }

  /** Time passes on all hosts but those that stand still. */
  async function pass(byMs: number, except: readonly string[] = []): Promise<void> {
    for (let passed = 0; passed < byMs; passed += 100) {
      for (const [neuron, { clock }] of hosts) if (!except.includes(neuron)) await clock.advance(100);
    }
  }

  /** As SIGKILL does it: nothing of it runs any more, and its host refuses connections. */
  function kill(neuron: string): void {
    network.cut('*', neuron, 'refused');
  }

  const live = (membership: NeuronMembership): string[] => [...membership.neurons()].map(({ neuron }) => neuron).sort();
  const leases = async (): Promise<readonly string[]> => (await store.keys(LEASE_PATH)).items;

  it('E1: those that joined know one another, and the leases are in KV4', async () => {
    const [a, b, c] = [await join('a'), await join('b'), await join('c')];
    await pass(1000);
    for (const one of [a, b, c]) {
      expect(live(one)).toEqual(['a', 'b', 'c']);
      for (const other of [a, b, c]) expect(one.isLive(other.self.neuron, other.self.incarnation)).toBe(true);
    }
    expect(await leases()).toEqual(['a', 'b', 'c']);
  });

  it('E2: after SIGKILL a neuron stops counting on all others within 5 seconds, and one of them cleans up', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const c = (await join('c')).self;
    await pass(10_000);
    kill('c');
    let passed = 0;
    while (a.isLive(c.neuron, c.incarnation) || b.isLive(c.neuron, c.incarnation)) {
      await pass(100, ['c']);
      passed += 100;
    }
    expect(passed).toBeLessThanOrEqual(5000);
    await pass(6000, ['c']);
    expect(tidied).toEqual([`c ${c.incarnation}`]);
    expect((await store.get(CLEAN_UP_ADDRESS))?.value).toMatchObject({ cleanUps: [{ neuron: 'c', incarnation: c.incarnation, by: expect.stringMatching(/^[ab]$/) as string }] });
    expect(a.stats().cleanUpCount + b.stats().cleanUpCount).toBe(1);
    expect(await leases()).toEqual(['a', 'b']);
  });

  it('E2: where the host is gone and refuses nothing, it is within 5 seconds too', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const c = (await join('c')).self;
    await pass(10_000);
    network.cut('*', 'c');
    let passed = 0;
    while (a.isLive(c.neuron, c.incarnation) || b.isLive(c.neuron, c.incarnation)) {
      await pass(100, ['c']);
      passed += 100;
    }
    // A ping that nobody answers lasts as long as its answer may take, which this network leaves out.
    expect(passed + 900).toBeLessThanOrEqual(5000);
  });

  it('E3: who renews its lease or answers one of the others is not given up', async () => {
    const [a, b, c] = [await join('a'), await join('b'), await join('c')];
    await pass(3000);
    network.cut('a', 'c');
    network.cut('c', 'a');
    await pass(60_000);
    for (const one of [a, b, c]) expect(live(one)).toEqual(['a', 'b', 'c']);
    network.cut('b', 'c', 'refused');
    network.cut('c', 'b', 'refused');
    await pass(60_000);
    for (const one of [a, b, c]) expect(live(one)).toEqual(['a', 'b', 'c']);
    expect(tidied).toEqual([]);
  });

  it('E3: who cannot renew its lease, but answers all or one that can be asked, is not given up', async () => {
    let isAway = false;
    const [a, b] = [await join('a'), await join('b')];
    const c = await join('c', { store: cutStore(store, () => isAway) });
    await pass(3000);
    isAway = true;
    await pass(20_000);
    for (const one of [a, b, c]) expect(live(one)).toEqual(['a', 'b', 'c']);
    network.cut('a', 'c');
    network.cut('c', 'a');
    await pass(20_000);
    for (const one of [a, b, c]) expect(live(one)).toEqual(['a', 'b', 'c']);
    expect(c.state).toBe('serving');
    network.cut('b', 'c');
    network.cut('c', 'b');
    await pass(6000);
    for (const one of [a, b]) expect(live(one)).toEqual(['a', 'b']);
  });

  it('E4: a neuron that stood still and was given up registers anew before it serves', async () => {
    const [a, b, c] = [await join('a'), await join('b'), await join('c')];
    await pass(3000);
    const first = c.self.incarnation;
    const states: string[] = [];
    c.onChange(() => void states.push(`${c.state} ${c.self.incarnation === first ? 'first' : 'second'}`));
    network.cut('*', 'c');
    await pass(20_000, ['c']);
    expect(live(a)).toEqual(['a', 'b']);
    network.mend('*', 'c');
    hosts.get('c')?.clock.standStill(20_000);
    await pass(3000);
    expect(states).toEqual(['doubtful first', 'serving second']);
    expect(c.self.incarnation > first).toBe(true);
    for (const one of [a, b, c]) expect(live(one)).toEqual(['a', 'b', 'c']);
    expect(a.isLive('c', first)).toBe(false);
  });

  it('E4: a short standstill, or a wall clock that steps, leaves the life as it is once the lease proved to be held', async () => {
    const [a] = [await join('a'), await join('b')];
    await pass(3000);
    const { incarnation } = a.self;
    const states: string[] = [];
    a.onChange(() => void states.push(a.state));
    hosts.get('a')?.clock.standStill(2000);
    await pass(2000);
    hosts.get('a')?.clock.step(3_600_000);
    await pass(2000);
    expect(states).toEqual(['doubtful', 'serving', 'doubtful', 'serving']);
    expect(a.self.incarnation).toBe(incarnation);
  });

  it('E5: what registered again meanwhile is not cleaned up', async () => {
    const a = await join('a');
    const first = (await join('b')).self;
    await pass(3000);
    kill('b');
    await pass(2000, ['b']);
    network.mend('*', 'b');
    const again = await join('b', { process: 'another process' });
    await pass(20_000);
    expect(again.self.incarnation > first.incarnation).toBe(true);
    expect(live(a)).toEqual(['a', 'b']);
    expect(a.isLive('b', again.self.incarnation)).toBe(true);
    expect(await leases()).toEqual(['a', 'b']);
  });

  it('E17: those that are left take turns in cleaning up: the next begins where the one before has not, and only then', async () => {
    const tries: string[] = [];
    let isAway = false;
    const watched = (neuron: string): MembershipOptions['store'] => {
      const reach = cutStore(store, () => isAway && neuron === 'a');
      const put: typeof reach.put = (address, ...parts) => {
        if (address.key === 'd') tries.push(neuron);
        return reach.put(address, ...parts);
      };
      return { ...reach, put };
    };
    const [a, b] = [await join('a', { store: watched('a') }), await join('b', { store: watched('b') })];
    await join('c', { store: watched('c') });
    const firstLife = (await join('d')).self;
    await pass(3000);
    kill('d');
    await pass(15_000, ['d']);
    expect(tries).toEqual(['a']);
    expect(tidied).toEqual([`d ${firstLife.incarnation}`]);
    hosts.delete('d');
    network.mend('*', 'd');
    const secondLife = (await join('d', { process: 'another process' })).self;
    await pass(3000);
    expect(a.isLive('d', secondLife.incarnation)).toBe(true);
    kill('d');
    while (b.isLive('d', secondLife.incarnation)) await pass(100, ['d']);
    isAway = true;
    tries.length = 0;
    await pass(1500, ['d']);
    expect(tries.filter((neuron) => neuron !== 'a')).toEqual([]);
    await pass(3000, ['d']);
    expect(tries.filter((neuron) => neuron !== 'a')).toEqual(['b']);
    expect(tidied.length).toBe(2);
  });

  it('E6: when more than half vanish at once nothing is cleaned up for a while, and they count as gone all the same', async () => {
    const a = await join('a');
    for (const neuron of ['b', 'c', 'd']) await join(neuron);
    await pass(3000);
    for (const neuron of ['b', 'c', 'd']) kill(neuron);
    await pass(6000, ['b', 'c', 'd']);
    expect(live(a)).toEqual(['a']);
    expect(a.stats().manyVanished).toBe(true);
    await pass(40_000, ['b', 'c', 'd']);
    expect(tidied).toEqual([]);
    await pass(40_000, ['b', 'c', 'd']);
    expect(tidied.length).toBe(3);
    expect(a.stats().manyVanished).toBe(false);
    expect(await leases()).toEqual(['a']);
  });

  it('E7: who leaves in good order is gone at once, with its lease', async () => {
    const [a, b] = [await join('a'), await join('b')];
    await pass(2000);
    const left = b.self;
    await b.close();
    await pass(100);
    expect(live(a)).toEqual(['a']);
    expect(tidied).toEqual([`b ${left.incarnation}`]);
    expect(await leases()).toEqual(['a']);
  });

  it('E8: of two processes with one name the later holds the lease, and the earlier does not take it back', async () => {
    const earlier = await join('a');
    await pass(2000);
    const later = await joinMembership({ store, pinger: new MemoryNetwork().pinger('a'), neuron: 'a', process: 'another', facts: () => IDLE, clock: new ManualClock() });
    await pass(10_000);
    expect(earlier.state).toBe('superseded');
    expect(later.state).toBe('serving');
    await earlier.close();
    expect(await leases()).toEqual(['a']);
    await later.close();
  });

  it('E9: the lease tells what the neuron says of itself: load, clients, region, addresses, and that it drains', async () => {
    let facts: NeuronFacts = { ...IDLE, region: 'eu', link: { host: '10.0.0.1', port: 4008 }, signalUrls: ['wss://a:4005/ws'] };
    const a = await join('a', { facts: () => facts });
    const b = await join('b');
    await pass(1000);
    const seen = () => [...b.neurons()].find(({ neuron }) => neuron === 'a');
    expect(seen()).toEqual({ ...facts, ...a.self, suspect: false });
    let changes = 0;
    b.onChange(() => void (changes += 1));
    facts = { ...facts, draining: true, clients: 7, load: 0.5 };
    await a.announce();
    await pass(100);
    expect(seen()).toEqual({ ...facts, ...a.self, suspect: false });
    expect(changes).toBe(1);
  });

  it('E4: a standstill is noticed by whoever looks, before a timer runs', async () => {
    const a = await join('a');
    await pass(2000);
    hosts.get('a')?.clock.standStill(1400);
    a.look();
    expect(a.state).toBe('serving');
    hosts.get('a')?.clock.standStill(2000);
    a.look();
    expect(a.state).toBe('doubtful');
    await pass(500);
    expect(a.state).toBe('serving');
  });

  it('E13: a neuron that sees neither the database nor any other is isolated; alone with its database away, or with another that answers, it is not', async () => {
    const away = new Set<string>();
    const cut = (neuron: string) => cutStore(store, () => away.has(neuron));
    const a = await join('a', { store: cut('a') });
    await pass(2000);
    away.add('a');
    await pass(10_000);
    expect(a.state).toBe('serving');
    away.delete('a');
    const b = await join('b', { store: cut('b') });
    await pass(3000);
    away.add('a').add('b');
    await pass(10_000);
    expect([a.state, b.state]).toEqual(['serving', 'serving']);
    network.cut('a', 'b');
    network.cut('b', 'a');
    await pass(3500);
    expect(a.state).toBe('serving');
    await pass(4500);
    expect([a.state, b.state]).toEqual(['isolated', 'isolated']);
    expect(a.stats().stateAgeMs).toBeGreaterThan(0);
    away.clear();
    network.mend('a', 'b');
    network.mend('b', 'a');
    await pass(4000);
    expect([a.state, b.state]).toEqual(['serving', 'serving']);
    expect([live(a), live(b)]).toEqual([['a', 'b'], ['a', 'b']]);
  });

  it('E14: how old what is known of each neuron is, is told', async () => {
    const [a] = [await join('a'), await join('b')];
    await pass(3000);
    kill('b');
    await pass(1500, ['b']);
    const { renewedAgeMs, evidence } = a.stats();
    expect(renewedAgeMs).toBeLessThanOrEqual(1600);
    expect(evidence).toEqual([{ ...hosts.get('b')?.membership.self, suspect: true, leaseAgeMs: expect.any(Number), answerAgeMs: expect.any(Number) }]);
    expect(evidence[0]?.leaseAgeMs).toBeGreaterThanOrEqual(1400);
    expect(evidence[0]?.answerAgeMs).toBeGreaterThanOrEqual(1400);
  });

  it('E15: the pinger is told who is left when leases are gone', async () => {
    const told: string[][] = [];
    const pinger = { ...network.pinger('a'), keepOnly: (neurons: ReadonlySet<string>) => void told.push([...neurons].sort()) };
    await join('a', { pinger });
    const [b] = [await join('b'), await join('c')];
    await pass(3000);
    expect(told).toEqual([]);
    await b.close();
    hosts.delete('b');
    await pass(2000);
    expect(told).toEqual([['c']]);
  });
});

/** A store that can be away. */
function cutStore(store: MemoryReferenceStore, isAway: () => boolean): MembershipOptions['store'] {
  const reach = <Parts extends unknown[], Result>(work: (...parts: Parts) => Promise<Result>) => async (...parts: Parts): Promise<Result> => {
    if (isAway()) throw new Kv4Error('KV4_UNAVAILABLE', 'the database is away');
    return work(...parts);
  };
  return { get: reach(store.get.bind(store)), put: reach(store.put.bind(store)), delete: reach(store.delete.bind(store)), watch: store.watch.bind(store) };
}
