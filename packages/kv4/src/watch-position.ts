import { formatVersion, parseVersion } from '@xir/kv4-core';

/** Neurons whose moments a position carries at most. */
const MAX_POSITION_NEURONS = 64;
/** Versions told last that a position names one by one. */
const MAX_POSITION_VERSIONS = 16;
const POSITION = /^([0-9a-z]{1,64})\.([0-9a-f]{16}(?:,[0-9a-z]{1,24}:[0-9a-f]{16}){0,64}(?:~[0-9a-f]{16}-[0-9a-z]{1,24}){0,16})\.(.*)$/s;
/** Longest position, in characters: sequences of large clusters take a thousand and more. */
export const MAX_POSITION_LENGTH = 16_384;
/** Before every moment. */
const NO_MOMENT = '0000000000000000';

/**
 * Up to which version everything has been told, by the neuron that made it: hosts' clocks differ, but each makes growing versions. Versions of neurons that are not
 * listed count from the base.
 */
export class Moments {
  readonly #base: string;
  readonly #byNeuron: Map<string, string>;
  readonly #last: string[];
  #text: string | undefined;

  constructor(base = NO_MOMENT, byNeuron: Iterable<readonly [string, string]> = [], last: readonly string[] = []) {
    this.#base = base;
    this.#byNeuron = new Map(byNeuron);
    this.#last = [...last];
  }

  /** Nothing but what was made before a time has been told. */
  static at(timeMs: number): Moments {
    return new Moments(formatVersion({ timeMs: Math.floor(timeMs), counter: 0, neuron: 'x' }).slice(0, 16));
  }

  /** Whether a version is at or before what has been told. */
  includes(version: string): boolean {
    return momentOf(version) <= (this.#byNeuron.get(neuronOf(version)) ?? this.#base);
  }

  /** Whether a version is one of the last that were told. */
  names(version: string): boolean {
    return this.#last.includes(version);
  }

  /** A version has been told. */
  note(version: string): void {
    if (this.names(version) || parseVersion(version) === undefined) return;
    this.#last.push(version);
    if (this.#last.length > MAX_POSITION_VERSIONS) this.#last.shift();
    this.#text = undefined;
    if (this.includes(version)) return;
    const neuron = neuronOf(version);
    this.#byNeuron.delete(neuron);
    this.#byNeuron.set(neuron, momentOf(version));
    const oldest = this.#byNeuron.keys().next();
    if (this.#byNeuron.size > MAX_POSITION_NEURONS && oldest.done !== true) this.#byNeuron.delete(oldest.value);
  }

  copy(): Moments {
    return new Moments(this.#base, this.#byNeuron, this.#last);
  }

  toString(): string {
    this.#text ??= [this.#base, ...[...this.#byNeuron].map(([neuron, moment]) => `${neuron}:${moment}`)].join(',') + this.#last.map((version) => `~${version}`).join('');
    return this.#text;
  }

  static parse(text: string): Moments {
    const [moments = '', ...last] = text.split('~');
    const [base, ...rest] = moments.split(',');
    return new Moments(
      base,
      rest.map((each) => each.split(':') as [string, string]),
      last,
    );
  }
}

/** A place in a database's change feed, as watches hand it out. Valid on every neuron of the system. */
export interface WatchPosition {
  /** The database's random epoch. */
  readonly epoch: string;
  /** Which versions had been told there. */
  readonly moments: Moments;
  /** The feed's sequence; empty: not a place to resume from (in the middle of initial values). */
  readonly seq: string;
}

/** Writes a position. */
export function encodePosition(position: WatchPosition): string {
  return `${position.epoch}.${position.moments.toString()}.${position.seq}`;
}

/** Reads a position; `undefined` for any other text. */
export function decodePosition(text: string): WatchPosition | undefined {
  if (text.length > MAX_POSITION_LENGTH) return undefined;
  const match = POSITION.exec(text);
  return match === null ? undefined : { epoch: match[1] as string, moments: Moments.parse(match[2] as string), seq: match[3] as string };
}

function momentOf(version: string): string {
  return version.slice(0, 16);
}

function neuronOf(version: string): string {
  return version.slice(17);
}
