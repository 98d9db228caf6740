import type { MemoryOptions } from '@xir/kv4';
import { SeededRandom } from '../seeded-random.ts';
import { judge } from '../checks/judge.ts';
import { runMessaging } from '../messaging/run-messaging.ts';
import { openSocketWatchers } from '../faces/socket-watchers.ts';
import { openTrackers } from '../faces/trackers.ts';
import { inject, planFaults } from '../world/faults.ts';
import type { Violation } from '../world/history.ts';
import type { Profile } from '../world/profile.ts';
import { SimulatedClient } from '../world/simulated-client.ts';
import { watchSomething } from '../world/watching.ts';
import { wander } from '../world/wandering.ts';
import { World } from '../world/world.ts';
import { convergence, sample } from '../world/inspection.ts';

/** Simulated time in which everything must be equal once the faults are over, in milliseconds. */
export const CONVERGENCE_MS = 20_000;
/** Simulated time in which operations that are under way must come back. */
export const RETURN_MS = 60_000;
const SAMPLE_EVERY_MS = 350;
const TRAFFIC_MS = 3_500;
/** Histories move to segments, and deleted keys leave, as often as they can: what a resumed watch has to find is spread. */
const BUSY_UPKEEP: Partial<MemoryOptions> = { upkeep: { delayMs: 5 }, spillAt: { versions: 4, characters: 10_000 }, spillKeep: { versions: 2, characters: 10_000 } };

/** What one schedule was and came to. */
export interface ScheduleResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Differs where anything that was seen differs. */
  readonly hash: number;
  readonly events: number;
  readonly simulatedMs: number;
  readonly writes: number;
  readonly acknowledged: number;
  readonly reads: number;
  readonly watchEvents: number;
  readonly faults: ReadonlyMap<string, number>;
  /** Figures of the neurons, summed. */
  readonly counters: Readonly<Record<string, number>>;
  /** Milliseconds from the end of the faults to equality. */
  readonly convergedMs: number;
  readonly lines: readonly string[] | undefined;
}

/** Runs the schedule that a seed decides, and judges it. */
export function runSchedule(seed: number, profile: Profile, traced = false): Promise<ScheduleResult> {
  return profile.systemSizes === undefined ? runMemories(seed, profile, traced) : runMessaging(seed, profile, traced);
}

async function runMemories(seed: number, profile: Profile, traced: boolean): Promise<ScheduleResult> {
  const layout = new SeededRandom(seed ^ 0x5bd1e995);
  const wanders = profile.wanderers > 0 || profile.sockets > 0;
  const replicas = wanders ? 1 : layout.pick([1, 1, 1, 2, 3, 3]);
  const neurons = 1 + layout.below(profile.maxNeurons);
  const world = new World({
    seed,
    shape: { shards: layout.pick([1, 2, 3]), replicas },
    neurons,
    traced,
    memory: { maxCacheBytes: layout.chance(0.2) ? 4_000 : 1_000_000, includeDocs: layout.pick(['auto', 'auto', 'always', 'never']), ...(wanders ? BUSY_UPKEEP : {}) },
    skewsMs: Array.from({ length: neurons }, () => (profile.skews && layout.chance(0.15) ? layout.pick([-300_000, 300_000, -3_000, 3_000]) : 0)),
  });
  const { clock, loop, recorder, random } = world;
  const onRejection = (error: unknown): void => recorder.incident(`unhandled rejection: ${String(error)}`);
  process.on('unhandledRejection', onRejection);
  let quiet = false;
  const heals: (() => void)[] = [];
  const watches: (() => void)[] = [];
  try {
    if (traced) for (const { link, name } of world.neurons) link.onAnswer = (request, text) => recorder.lines?.push(`           ${name} ${request.method} ${request.segments.slice(1).join('/')}?${[...request.query].map(([each, value]) => `${each}=${value}`).join('&')} ${request.body.slice(0, 300)} -> ${text.slice(0, 700)}`);
    for (const { clock: host, name } of world.neurons) if (host.skewMs !== 0) recorder.fault('clock-skew', `${name} ${host.skewMs} ms`);
    for (const neuron of world.neurons) world.start(neuron);
    await loop.run(10_000, () => world.neurons.every(({ memory }) => memory !== undefined));
    world.backUp();
    const clients = world.neurons.flatMap((neuron) =>
      Array.from({ length: 1 + random.below(profile.maxClientsPerNeuron) }, (_, index) => new SimulatedClient({ name: `${neuron.name}c${index}`, neuron, recorder, random: random.fork(), operations: profile.operationsPerClient, finds: profile.trackers === 0, sleep: world.sleep })),
    );
    const trackers = profile.trackers === 0 ? undefined : openTrackers(world, random.fork(), { maxPerNeuron: profile.trackers, operations: profile.operationsPerClient });
    const traffic = [...clients, ...(trackers?.clients ?? [])];
    let running = traffic.length;
    for (const client of traffic) void client.run().finally(() => (running -= 1));
    if (profile.watches) for (const neuron of world.neurons) if (neuron.memory !== undefined && random.chance(0.6)) watches.push(watchSomething(world, neuron, neuron.memory));
    for (let index = 0; index < profile.wanderers; index += 1) watches.push(wander(world, random.fork()));
    const sockets = profile.sockets === 0 ? undefined : openSocketWatchers(world, random.fork(), profile.sockets);
    const withinMs = (TRAFFIC_MS * profile.operationsPerClient) / 10;
    for (const fault of planFaults(world, profile.faults, profile.maxFaults, withinMs)) {
      clock.schedule(fault.atMs, () => {
        if (quiet) return;
        const heal = inject(world, fault);
        heals.push(heal);
        clock.schedule(fault.forMs, heal);
      });
    }
    const endOfSampling = sample(world, SAMPLE_EVERY_MS);
    const endOfReplication = replicas > 1 ? replicate(world) : () => undefined;
    await loop.run(withinMs * 2, () => running === 0);
    for (const client of traffic) client.stopped = true;
    quiet = true;
    const healed = await quieten(world, heals, () => running === 0);
    endOfReplication();
    if (!healed) for (const { busy } of traffic) if (busy !== undefined) recorder.incident(`never came back: ${busy}`);
    const healedAtMs = clock.monotonic();
    const differences = await convergence(world, CONVERGENCE_MS);
    const convergedMs = clock.monotonic() - healedAtMs;
    await trackers?.settle(CONVERGENCE_MS);
    trackers?.cut();
    endOfSampling();
    sockets?.close();
    for (const callOff of watches) callOff();
    const violations = judge(world, differences);
    const counters = { ...countersOf(world), ...trackers?.counters(), ...sockets?.counters() };
    const incidents = recorder.incidents.length;
    await world.close();
    const later = recorder.incidents.slice(incidents).map((what) => ({ check: 'no-incidents', what }));
    return summary(seed, world, { violations: [...violations, ...later], counters, convergedMs });
  } catch (error) {
    // A schedule that goes in circles is a finding like any other.
    recorder.incident(String(error));
    world.abandon();
    return summary(seed, world, { violations: recorder.incidents.map((what) => ({ check: 'no-incidents', what })), counters: {}, convergedMs: 0 });
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}

/** Ends the faults that go on and waits for what is under way. */
async function quieten(world: World, heals: readonly (() => void)[], isQuiet: () => boolean): Promise<boolean> {
  world.recorder.note('quiet');
  for (const heal of heals) heal();
  await world.loop.run(RETURN_MS, () => isQuiet() && world.neurons.every(({ memory }) => memory !== undefined) && world.database !== undefined);
  return isQuiet();
}

function replicate(world: World): () => void {
  let over = false;
  const again = (): void => {
    if (over) return;
    world.database?.synchronise(1 + world.random.below(6));
    world.clock.schedule(20 + world.random.next() * 280, again);
  };
  again();
  return () => (over = true);
}

function countersOf(world: World): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { memory } of world.neurons) {
    if (memory === undefined) continue;
    const { feed, store, ...stats } = memory.stats();
    for (const [name, value] of Object.entries({ ...stats, ...feed })) if (typeof value === 'number' && Number.isFinite(value)) sums[name] = (sums[name] ?? 0) + value;
    void store;
  }
  return sums;
}

function summary(seed: number, world: World, found: Pick<ScheduleResult, 'violations' | 'counters' | 'convergedMs'>): ScheduleResult {
  const { recorder, loop, clock } = world;
  return {
    seed,
    ...found,
    hash: recorder.hash,
    events: loop.events,
    simulatedMs: clock.monotonic(),
    writes: recorder.writes.length,
    acknowledged: recorder.writes.filter(({ outcome }) => outcome === 'acknowledged').length,
    reads: recorder.reads.length,
    watchEvents: recorder.watches.reduce((sum, { events }) => sum + events.length, 0),
    faults: recorder.faults,
    lines: recorder.lines,
  };
}
