import { graftOf } from '../cluster/revision-node.ts';
import type { FeedEnding } from '../network/feed-stream.ts';
import { goodConditions, type LinkConditions } from '../network/link.ts';
import { BUCKET, KEYS, LAYER } from './key-space.ts';
import { UPHEAVALS, type FaultKind } from './profile.ts';
import type { SimulatedNeuron } from './simulated-neuron.ts';
import type { World } from './world.ts';

/** What most faults change of a neuron. */
export type FaultyNeuron = Pick<SimulatedNeuron, 'link' | 'name'> & { readonly clock: { skewMs: number } };

/** What a fault changes; the answer, where there is one, takes it back. */
type Inject = (world: World, neuron: FaultyNeuron) => (() => void) | undefined;

/** A fault of the network that lasts: some conditions of one neuron's link. */
function condition(change: (world: World) => Partial<LinkConditions>): Inject {
  return (world, neuron) => {
    const values = change(world);
    Object.assign(neuron.link.conditions, values);
    return () => {
      const good = goodConditions(neuron.link.conditions.latencyMs);
      for (const name of Object.keys(values) as (keyof LinkConditions)[]) Object.assign(neuron.link.conditions, { [name]: name === 'latencyMs' ? goodConditions().latencyMs : good[name] });
    };
  };
}

function once(run: (world: World, neuron: FaultyNeuron) => void): Inject {
  return (world, neuron) => {
    run(world, neuron);
    return undefined;
  };
}

function ending(kind: FeedEnding): Inject {
  return once((_, { link }) => {
    for (const stream of [...link.streams]) stream.end(kind);
  });
}

/** Every fault by its name. */
const FAULTS: Readonly<Record<FaultKind, Inject>> = {
  'connection-refused': (world, neuron) => {
    neuron.link.cut();
    return condition(() => ({ refused: true }))(world, neuron);
  },
  'half-open': (_, neuron) => {
    neuron.link.stall();
    return () => (neuron.link.conditions.halfOpen = false);
  },
  'lost-before': condition(() => ({ lostBefore: 0.4 })),
  'lost-after': condition(() => ({ lostAfter: 0.4 })),
  'server-errors': condition(() => ({ serverError: 0.5 })),
  busy: condition(() => ({ busy: 0.5 })),
  slow: condition(() => ({ slow: 0.4 })),
  jitter: condition(() => ({ latencyMs: [20, 200] })),
  'feed-held': (_, neuron) => {
    neuron.link.holdFeed(true);
    return () => neuron.link.holdFeed(false);
  },
  'rows-stalled': condition(() => ({ rowsStalled: true })),
  'buffering-proxy': condition(() => ({ bufferBytes: 4_096 })),
  'connections-cut': once((_, { link }) => link.cut()),
  'row-cut': once((_, { link }) => {
    for (const stream of [...link.streams]) stream.reset();
  }),
  'ending-maintenance': ending('maintenance'),
  'ending-changes-duration': ending('changes-duration'),
  'ending-new-epoch': ending('new-epoch'),
  'ending-feed-died': ending('feed-died'),
  'ending-limit': ending('limit'),
  'ending-timeout': ending('timeout'),
  duplicates: once((world, { link }) => {
    for (const { feed } of link.streams) feed.cursor.rewind(1 + world.random.below(3));
    world.database?.changed();
  }),
  rewind: once((world, { link }) => {
    for (const { feed } of link.streams) feed.cursor.rewind(Number.POSITIVE_INFINITY);
    world.database?.changed();
  }),
  failover: once((world, { link }) => {
    for (const { feed } of link.streams) {
      const shard = world.random.below(feed.database.shards.length);
      const replica = feed.database.reader(shard);
      if (replica !== undefined) feed.cursor.moveTo(shard, replica);
    }
    world.database?.changed();
  }),
  'replica-down': (world) => {
    const { database } = world;
    if (database === undefined) return undefined;
    const copy = world.random.below(database.shape.replicas);
    const downed = database.shards.map((shard) => shard[copy]);
    for (const replica of downed) if (replica !== undefined) replica.up = false;
    database.changed();
    return () => {
      for (const replica of downed) if (replica !== undefined) replica.up = true;
      database.changed();
    };
  },
  'replica-lag': (world) => {
    const { database } = world;
    if (database === undefined) return undefined;
    const copy = world.random.below(database.shape.replicas);
    const late = database.shards.map((shard) => shard[copy]);
    for (const replica of late) if (replica !== undefined) replica.lagging = true;
    return () => {
      for (const replica of late) if (replica !== undefined) replica.lagging = false;
    };
  },
  'reads-by-one': (world) => {
    const { database } = world;
    if (database === undefined) return undefined;
    database.readsByOne = true;
    return () => (database.readsByOne = false);
  },
  'null-sequences': (world) => {
    const { database } = world;
    if (database === undefined) return undefined;
    database.seqInterval = 2 + world.random.below(4);
    return () => (database.seqInterval = 1);
  },
  purge: once((world) => purge(world)),
  'purge-forgotten': once((world) => {
    purge(world);
    // More purges than the database remembers: only forgetting everything is safe.
    for (let count = 0; count < 1_000; count += 1) world.database?.purges.push({ id: `other-${count}`, revs: ['1-x'] });
  }),
  conflict: once((world) => {
    const { database } = world;
    const key = KEYS[1];
    if (database === undefined || key === undefined) return;
    const [winner] = database.truth(key.id);
    const marker = `conflict.${world.random.below(1_000_000)}`;
    const version = `${world.wallHex(world.random.below(2_000) - 1_000)}0000-elsewhere`;
    const fields = JSON.stringify({ v: { m: marker }, ver: version, by: 'elsewhere' }).slice(1, -1);
    const generation = Math.max(1, (winner?.generation ?? 1) + world.random.below(3) - 1);
    const base = generation > 1 && winner?.parent !== undefined ? [winner.parent.rev] : [];
    database.graft(key.id, graftOf([`${base.length > 0 ? winner?.generation : generation}-${marker.padEnd(32, '0')}`, ...base], false, fields));
  }),
  'foreign-documents': once((world) => {
    for (const id of ['foreign', '_design/other', 'd!short', `d!${BUCKET}!${LAYER}!a!!`, 'é😀']) world.database?.graft(id, graftOf([`1-${'f'.repeat(32)}`], false, '"views":{}'));
  }),
  'poisonous-documents': once((world) => {
    const id = `d!${BUCKET}!${LAYER}!a!!poison`;
    const deep = `"v":${'['.repeat(200)}${']'.repeat(200)}`;
    for (const fields of [deep, '"v":1,"ver":7', '"__proto__":{"x":1}', '"v":1e400', '"v":"\\ud800"']) world.database?.graft(`${id}${fields.length}`, graftOf([`1-${'a'.repeat(32)}`], false, fields));
  }),
  'large-document': once((world) => {
    const id = `d!${BUCKET}!${LAYER}!elsewhere!!large`;
    const fields = `"v":"${'x'.repeat(100_000)}","ver":"${world.wallHex(0)}0000-elsewhere","by":"e"`;
    world.database?.graft(id, graftOf([`1-${'b'.repeat(32)}`], false, fields));
  }),
  'bulk-import': once((world) => {
    for (let count = 0; count < 60; count += 1) {
      const fields = `"v":${count},"ver":"${world.wallHex(0)}${count.toString(16).padStart(4, '0')}-elsewhere","by":"e"`;
      world.database?.graft(`d!${BUCKET}!${LAYER}!imported!!k${count}`, graftOf([`1-${String(count).padStart(32, '0')}`], false, fields));
    }
  }),
  'neuron-restart': once((world, { name }) => {
    for (const neuron of world.neurons) if (neuron.name === name) world.restart(neuron);
  }),
  'clock-step': once((world, { clock }) => {
    clock.skewMs += world.random.pick([-300_000, -2_000, 2_000, 300_000]);
  }),
  'database-recreated': once((world) => world.recreate()),
  'database-restored': once((world) => world.restore()),
};

function purge(world: World): void {
  const { database } = world;
  const key = KEYS.find(({ role }) => role === 'purged');
  if (database === undefined || key === undefined) return;
  database.purge(key.id, database.truth(key.id).map(({ rev }) => rev));
}

/** A fault of a schedule. */
export interface PlannedFault {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  readonly neuron: number;
}

/** Decides which faults a schedule has, and when. */
export function planFaults(world: World, kinds: readonly FaultKind[], maxFaults: number, withinMs: number): PlannedFault[] {
  const { random } = world;
  if (kinds.length === 0 || maxFaults === 0) return [];
  const calmer = kinds.filter((kind) => !UPHEAVALS.includes(kind));
  const count = random.below(maxFaults + 1);
  const planned: PlannedFault[] = [];
  const isUpheaval = random.chance(0.1) && kinds.some((kind) => UPHEAVALS.includes(kind));
  for (let index = 0; index < count; index += 1) {
    const kind = isUpheaval && index === 0 ? random.pick(kinds.filter((each) => UPHEAVALS.includes(each))) : random.pick(calmer);
    planned.push({ kind, atMs: random.next() * withinMs, forMs: 100 + random.next() * random.next() * 5_000, neuron: random.below(world.neurons.length) });
  }
  return planned;
}

/** Lets a fault happen, and end in its time. The answer ends it at once. */
export function inject(world: World, fault: PlannedFault): () => void {
  const neuron = world.neurons[fault.neuron] as SimulatedNeuron;
  return injectInto(world, neuron, { kind: fault.kind, detail: `${neuron.life} for ${Math.round(fault.forMs)} ms` });
}

/** Lets a fault happen to a neuron. The answer ends it. */
export function injectInto(world: World, neuron: FaultyNeuron, { kind, detail }: { readonly kind: FaultKind; readonly detail: string }): () => void {
  world.recorder.fault(kind, detail);
  const heal = FAULTS[kind](world, neuron);
  let over = heal === undefined;
  return () => {
    if (over) return;
    over = true;
    heal?.();
    world.recorder.note(`over ${kind} ${neuron.name}`);
  };
}
