import { isIncarnation } from '../membership/incarnation.ts';
import { isNeuronName } from '../membership/lease.ts';
import type { NeuronLife } from '../membership.ts';
import { MAX_PING_NEURONS, type PingAnswer, type PingQuestion } from '../membership/pinger.ts';

/** Most characters of a ping or its answer. */
export const MAX_PING_CHARACTERS = 8192;

/** Reads a ping of a neuron that has proved who it is; `undefined` for what is none, or comes in another's name. */
export function readPingQuestion(text: string, neuron: string): PingQuestion | undefined {
  const value = readObject(text);
  if (value === undefined) return undefined;
  const { from, to, givenUp, about } = value;
  if (!isLife(from) || from.neuron !== neuron || !isLife(to) || typeof givenUp !== 'boolean') return undefined;
  if (!Array.isArray(about) || about.length > MAX_PING_NEURONS || !about.every(isNeuronName)) return undefined;
  return { from: { neuron, incarnation: from.incarnation }, to: { neuron: to.neuron, incarnation: to.incarnation }, givenUp, about };
}

/** Reads the answer of a neuron to a ping, the same way. */
export function readPingAnswer(text: string, neuron: string): PingAnswer | undefined {
  const value = readObject(text);
  if (value === undefined) return undefined;
  const { life, givenUp, sees } = value;
  if (!isLife(life) || life.neuron !== neuron || typeof givenUp !== 'boolean' || typeof sees !== 'object' || sees === null) return undefined;
  const said = Object.entries(sees).filter((entry): entry is [string, boolean] => isNeuronName(entry[0]) && typeof entry[1] === 'boolean');
  return { life: { neuron, incarnation: life.incarnation }, givenUp, sees: Object.fromEntries(said.slice(0, MAX_PING_NEURONS)) };
}

function readObject(text: string): Record<string, unknown> | undefined {
  if (text.length > MAX_PING_CHARACTERS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isLife(value: unknown): value is NeuronLife {
  if (typeof value !== 'object' || value === null) return false;
  const { neuron, incarnation } = value as Partial<NeuronLife>;
  return isNeuronName(neuron) && isIncarnation(incarnation);
}
