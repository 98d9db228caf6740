import type { Memory } from '@xir/kv4';
import { factsOf } from '../checks/facts.ts';
import { watchesComplete, watchesReliable, watchesReset } from '../checks/watches.ts';
import { keyOfAddress, KEYS, PATHS, type SimulatedKey } from './key-space.ts';
import { HEALTHY_AGE_MS } from './simulated-neuron.ts';
import { stateOfLeaves } from './truth.ts';
import type { World } from './world.ts';

/** Takes samples of what every cache holds and says of itself. The answer ends it. */
export function sample(world: World, everyMs: number): () => void {
  const { clock, recorder, neurons } = world;
  let over = false;
  const again = (): void => {
    if (over) return;
    const atMs = clock.monotonic();
    for (const neuron of neurons) {
      const { memory, link } = neuron;
      if (memory === undefined) continue;
      const exempt = link.conditions.feedHeld || link.conditions.latencyMs[1] > 50 || [...link.streams].some((stream) => stream.isBehind);
      for (const key of KEYS) {
        const record = memory.peek(key.address);
        const ageMs = memory.ageOf(key.address);
        if (record === undefined || ageMs === undefined) continue;
        recorder.ages.push({ neuron: neuron.life, key: key.name, atMs, ageMs, version: record?.version, exempt });
      }
      recorder.healths.push({ neuron: neuron.life, atMs, healthy: memory.health().healthy, silentMs: atMs - link.lastHeardMs });
    }
    clock.schedule(everyMs, again);
  };
  again();
  return () => (over = true);
}

/** What a reader of a neuron should be given of a key now. */
export function expected(world: World, key: SimulatedKey, nowMs: number): string | undefined {
  const { database } = world;
  if (database === undefined) return undefined;
  const { absent, version, expiresAtMs } = stateOfLeaves(database.truth(key.id));
  return absent || (expiresAtMs !== undefined && expiresAtMs <= nowMs) ? undefined : version;
}

/** In which cached entries a neuron differs from the database. */
function differencesOf(world: World, memory: Memory, nowMs: number): string[] {
  return KEYS.flatMap((key) => {
    const record = memory.peek(key.address);
    if (record === undefined) return [];
    const truth = expected(world, key, nowMs);
    return record?.version === truth ? [] : [`${key.name} is ${record?.version ?? 'nothing'}; the database has ${truth ?? 'nothing'}`];
  });
}

/**
 * Waits until every cache equals the database, at most so long, then lists everything from every cache and compares that too. What still differs is the answer. Health has
 * to be good by then as well.
 */
export async function convergence(world: World, withinMs: number): Promise<string[]> {
  const { loop, clock, neurons } = world;
  const endMs = clock.monotonic() + withinMs;
  let stepMs = 50;
  for (;;) {
    world.database?.synchronise();
    const differences = neurons.flatMap(({ name, memory, clock: host }) => {
      if (memory === undefined) return [`${name} did not open`];
      const found = differencesOf(world, memory, host.now()).map((what) => `${name}: ${what}`);
      return found.length === 0 && !memory.health().healthy ? [`${name}: ${memory.health().reasons.join('; ')} (healthy below ${HEALTHY_AGE_MS} ms)`] : found;
    });
    if (differences.length === 0 && world.database?.isSynchronised !== false && neurons.every(({ memory }) => isAtRest(memory))) break;
    if (clock.monotonic() >= endMs) return differences.length > 0 ? differences : ['a cache does not come to rest'];
    await loop.run(stepMs);
    stepMs = Math.min(500, stepMs * 1.5);
  }
  await watchesCatchUp(world, endMs);
  // A row of what is listed and was not cached may still be on its way.
  for (;;) {
    const found = await listEverything(world);
    if (found.length === 0 || clock.monotonic() >= endMs) {
      // A neuron may have noticed only now that it has to begin anew.
      await watchesCatchUp(world, endMs);
      return found;
    }
    await loop.run(500);
  }
}

/** What is not cached is not compared, and what came and went, or came to an end, cannot be seen; but watches have to hear of it, as soon as their feeds are sound again. */
async function watchesCatchUp(world: World, endMs: number): Promise<void> {
  const { recorder, truth, database, loop, clock } = world;
  const lacking = (): boolean => {
    const facts = factsOf({ recorder, truth, database });
    return [watchesReliable, watchesComplete, watchesReset].some((check) => check(facts).length > 0);
  };
  while (recorder.watches.some(({ lasted }) => lasted) && lacking() && clock.monotonic() < endMs) await loop.run(250);
}

function isAtRest(memory: Memory | undefined): boolean {
  if (memory === undefined) return false;
  const { verifying, pendingLoads, waitingRows, feedState } = memory.stats();
  return verifying === 0 && pendingLoads === 0 && waitingRows === 0 && (feedState === 'streaming' || feedState === 'polling');
}

/** Reads every path of every neuron as a client does, and compares. */
async function listEverything(world: World): Promise<string[]> {
  const found: string[] = [];
  let running = world.neurons.length;
  const inspect = async (memory: Memory, name: string, nowMs: () => number): Promise<void> => {
    for (const path of PATHS) {
      const { items } = await memory.list(path);
      const served = new Map(items.map((record) => [keyOfAddress(record.address)?.name, record.version]));
      for (const key of KEYS) {
        if (key.address.path !== path.path) continue;
        const truth = expected(world, key, nowMs());
        if (served.get(key.name) !== truth) found.push(`${name}, listed: ${key.name} is ${served.get(key.name) ?? 'nothing'}; the database has ${truth ?? 'nothing'}`);
      }
    }
  };
  for (const { memory, name, clock } of world.neurons) {
    if (memory === undefined) continue;
    inspect(memory, name, () => clock.now()).then(
      () => (running -= 1),
      (error: unknown) => {
        running -= 1;
        found.push(`${name}: listing failed: ${String(error)}`);
      },
    );
  }
  await world.loop.run(10_000, () => running === 0);
  return running === 0 ? found : [...found, 'a listing never came back'];
}
