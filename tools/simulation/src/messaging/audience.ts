import { RouterError, type AcknowledgementLevel, type Message, type Target } from '@xir/router';
import type { SeededRandom } from '../seeded-random.ts';
import type { World } from '../world/world.ts';
import { BUCKET, CHANNELS } from './channels.ts';
import type { ListeningHistory, MessagingHistory } from './messaging-history.ts';
import type { SystemNeuron } from './system-neuron.ts';

/** Numbers of messages that publishers send begin here: those of peers stay below. */
export const FIRST_PUBLISHED = 10_000;

/** Where publishers and listeners live. */
export interface AudienceOptions {
  readonly world: World;
  readonly history: MessagingHistory;
  readonly neurons: readonly SystemNeuron[];
  readonly random: SeededRandom;
  /** Messages of each publisher. */
  readonly messages: number;
}

/** Lets somebody listen on some neurons, and publish on some. Resolves when the publishers are done. */
export async function openAudience(options: AudienceOptions): Promise<void> {
  const { neurons, random } = options;
  for (const neuron of neurons) if (random.chance(0.7)) listen(options, neuron);
  await Promise.all(neurons.flatMap((neuron) => (random.chance(0.5) ? [publish(options, neuron)] : [])));
}

function listen({ world, history, random }: AudienceOptions, neuron: SystemNeuron): void {
  const { recorder } = world;
  const { path } = random.pick(CHANNELS);
  const listening: ListeningHistory = { number: history.listenings.length, path, subtree: random.chance(0.5), process: neuron.process, heard: [], missed: 0, readyOrder: undefined };
  history.listenings.push(listening);
  const deliver = ({ content, position }: Message, onWritten?: (written: boolean) => void): void => {
    listening.heard.push({ message: Number(content), order: recorder.tick(), atMs: recorder.nowMs, position });
    recorder.note(`l${listening.number} hears ${content} ${position ?? ''}`);
    onWritten?.(true);
  };
  const handle = neuron.running?.router.listen({ bucket: BUCKET, path, subtree: listening.subtree }, { deliver, missed: () => (listening.missed += 1) });
  recorder.note(`l${listening.number} listens to ${path}${listening.subtree ? ' and beneath' : ''} on ${neuron.process}`);
  void handle?.stored().then(() => (listening.readyOrder = recorder.tick()));
}

async function publish({ world, history, random, messages }: AudienceOptions, neuron: SystemNeuron): Promise<void> {
  const { recorder } = world;
  const { process } = neuron;
  const publisher = neuron.running?.router.publisher({ bucket: BUCKET, user: `p${neuron.name}` });
  for (let sent = 0; sent < messages; sent += 1) {
    await world.sleep(random.next() * random.next() * 700);
    const { path } = random.pick(CHANNELS);
    const target: Target = random.chance(0.75) ? { type: 'channel' } : { type: 'subtree', path };
    const level: AcknowledgementLevel = random.pick(['accepted', 'accepted', 'reached', 'written']);
    neuron.life.enter(() => {
      if (neuron.process !== process || neuron.running === undefined) return;
      const message = FIRST_PUBLISHED + history.published.length;
      const published = { message, process, path, target, order: recorder.tick(), atMs: recorder.nowMs };
      history.published.push(published);
      recorder.note(`${process} publishes ${message} ${level} to ${target.type} ${path}`);
      try {
        publisher?.send(path, { target, event: 'm', content: String(message), level });
      } catch (error) {
        recorder.note(`${message} is refused ${error instanceof RouterError ? error.code : String(error)}`);
      }
    });
  }
}
