import type { SeededRandom } from '../seeded-random.ts';
import type { World } from '../world/world.ts';
import { NeuronFaces } from './neuron-faces.ts';
import { SocketWatcher } from './socket-watcher.ts';

/** The clients of a schedule that watch over WebSockets. */
export interface SocketWatchers {
  /** Figures of what took place. */
  counters(): Readonly<Record<string, number>>;
  /** Ends all connections. */
  close(): void;
}

/** Gives a schedule clients that watch over WebSockets, and go from neuron to neuron. */
export function openSocketWatchers(world: World, random: SeededRandom, count: number): SocketWatchers {
  const { recorder, loop } = world;
  const faces = new NeuronFaces({ maxTrackedNames: 1 }, (error) => recorder.incident(`a face failed: ${String(error)}`));
  const watchers = Array.from({ length: count }, () => new SocketWatcher(world, random.fork(), faces));
  const look = (): void => {
    for (const watcher of watchers) watcher.look();
  };
  loop.onSettled.add(look);
  return {
    counters: () => ({ socketResumptions: watchers.reduce((sum, { resumptions }) => sum + resumptions, 0) }),
    close() {
      loop.onSettled.delete(look);
      for (const watcher of watchers) {
        if (watcher.ungranted > 0) recorder.incident(`${watcher.ungranted} events were told beyond what was granted`);
        watcher.close();
      }
    },
  };
}
