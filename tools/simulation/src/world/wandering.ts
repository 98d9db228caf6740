import type { WatchScope } from '@xir/kv4-core';
import type { SeededRandom } from '../seeded-random.ts';
import type { WatchHistory } from './history.ts';
import { BUCKET, KEYS, LAYER } from './key-space.ts';
import { watchedEventOf } from './watching.ts';
import type { World } from './world.ts';

const SCOPE: WatchScope = { type: 'layer', bucket: BUCKET, layer: LAYER };
/** How probable it is that a watch leaves after an event. */
const LEAVES = 0.15;
/** Pause before a watch that could not be resumed is tried elsewhere, in milliseconds. */
const AGAIN_MS = 100;

/** A watch of everything that leaves at random and is resumed on another neuron, as a client's does. The answer calls it off. */
export function wander(world: World, random: SeededRandom): () => void {
  const history = random.chance(0.6);
  const latestOnly = !history && random.chance(0.5);
  const record: WatchHistory = { neuron: 'several', name: `wanderer${history ? ' with history' : ''}${latestOnly ? ' of the latest' : ''}`, history, latestOnly, keys: KEYS.map(({ name }) => name), events: [], ended: undefined, lasted: true };
  world.recorder.watches.push(record);
  const calledOff = new AbortController();
  const { signal } = calledOff;
  const follow = async (): Promise<void> => {
    let after: string | undefined;
    let isLive = false;
    while (!signal.aborted) {
      const neuron = random.pick(world.neurons);
      const { memory } = neuron;
      if (memory === undefined) {
        await world.sleep(AGAIN_MS);
        continue;
      }
      try {
        for await (const event of memory.watch(SCOPE, { history, latestOnly, signal, ...(after === undefined ? {} : { after }) })) {
          after = event.position;
          record.events.push(watchedEventOf(world, event));
          const { type, key, version } = record.events.at(-1) as WatchHistory['events'][number];
          world.recorder.note(`${record.name} on ${neuron.name} ${type} ${key ?? ''} ${version ?? ''}`);
          world.recorder.lines?.push(`           ${after}`);
          if (type === 'reset') isLive = false;
          if (type === 'end-of-initial') isLive = true;
          // Initial values have no position to resume from.
          if (isLive && random.chance(LEAVES)) break;
        }
      } catch (error) {
        world.recorder.note(`${record.name} on ${neuron.name} ended: ${String(error)}`);
        if (!isLive) after = undefined;
        await world.sleep(AGAIN_MS);
      }
    }
  };
  void follow();
  return () => calledOff.abort();
}
