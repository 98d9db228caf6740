import type { SeededRandom } from '../seeded-random.ts';
import { expected } from '../world/inspection.ts';
import type { World } from '../world/world.ts';
import type { AnswerAtEnd } from './held-answer.ts';
import { NeuronFaces } from './neuron-faces.ts';
import { TrackingClient } from './tracking-client.ts';

/** The fewest names that a face follows for client-side caches in some schedules: fewer than clients read. */
const FEW_NAMES = 2;
/** Pause before it is looked again whether client-side caches are true, in milliseconds. */
const LOOK_AGAIN_MS = 250;

/** The clients of a schedule that keep what they read, with the faces they are connected to. */
export interface Trackers {
  readonly clients: readonly TrackingClient[];
  /** Figures of what took place. */
  counters(): Readonly<Record<string, number>>;
  /** Waits until what clients hold is what the database has, and records what they hold then. */
  settle(withinMs: number): Promise<void>;
  /** Ends all connections. */
  cut(): void;
}

/** Gives each neuron clients that keep what they read. */
export function openTrackers(world: World, random: SeededRandom, { maxPerNeuron, operations }: { readonly maxPerNeuron: number; readonly operations: number }): Trackers {
  const { recorder, clock, loop, neurons, sleep } = world;
  const nowMs = (): number => clock.monotonic();
  const faces = new NeuronFaces({ maxTrackedNames: random.chance(0.2) ? FEW_NAMES : 100_000 }, (error) => recorder.incident(`a face failed: ${String(error)}`));
  const clients = neurons.flatMap((neuron) =>
    Array.from({ length: 1 + random.below(maxPerNeuron) }, (_, index) => new TrackingClient({ name: `${neuron.name}t${index}`, neuron, faces, recorder, random: random.fork(), operations, nowMs, sleep })),
  );
  const compare = (): void => {
    for (const client of clients) client.compare();
  };
  loop.onSettled.add(compare);
  const held = (): AnswerAtEnd[] => clients.flatMap((client) => heldBy(world, client));
  return {
    clients,
    counters: () => ({ answersKept: clients.reduce((sum, { held: { kept } }) => sum + kept, 0), answersHeldAtEnd: recorder.answersAtEnd.length, invalidations: faces.invalidations }),
    async settle(withinMs) {
      const endMs = nowMs() + withinMs;
      while (held().some(({ held: text, stored }) => text !== stored) && nowMs() < endMs) await loop.run(LOOK_AGAIN_MS);
      recorder.answersAtEnd.push(...held());
    },
    cut() {
      loop.onSettled.delete(compare);
      for (const client of clients) client.cut();
    },
  };
}

function heldBy(world: World, { held, label, neuron }: TrackingClient): AnswerAtEnd[] {
  return [...held.answers].flatMap(({ request, says }) =>
    [...says].map(([key, text]) => {
      const version = expected(world, key, neuron.clock.now());
      const marker = version === undefined ? undefined : world.truth.versions.get(key.name)?.get(version);
      return { client: label, request, key: key.name, expires: key.role === 'expiring', held: text, stored: marker === undefined || marker === null ? null : JSON.stringify({ m: marker }) };
    }),
  );
}
