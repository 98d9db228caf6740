import { parseVersion, versionTimeMs } from '@xir/kv4-core';

/** Neurons whose versions a position tells apart at most. */
const MAX_POSITION_NEURONS = 64;
/** Versions that a position names one by one for each neuron. */
const MAX_NAMED_VERSIONS = 32;
/** How long after a version was made one that was made before it may still be told, in milliseconds: what is stored together is listed in any order. */
export const TELLING_SLACK_MS = 2_000;
const POSITION = /^([0-9a-z]{1,64})\.([0-9a-f]{16}(?:,[0-9a-z]{1,24}:[0-9a-f]{16}(?:-[0-9a-z]{1,13}){0,32}){0,64})\.(.*)$/s;
/** Longest position, in characters: sequences of large clusters take a thousand and more. */
export const MAX_POSITION_LENGTH = 16_384;
/** Before every moment. */
const NO_MOMENT = '0000000000000000';

/** What one neuron's versions were told of: all up to the floor, and those that are named. */
interface Told {
  floor: string;
  named: string[];
}

/**
 * Which versions have been told, by the neuron that made them: hosts' clocks differ, but each makes growing versions. Those of neurons that are not listed count from
 * the base. In doubt a version counts as not told.
 */
export class Moments {
  readonly #base: string;
  readonly #byNeuron: Map<string, Told>;
  #text: string | undefined;

  constructor(base = NO_MOMENT, byNeuron: Iterable<readonly [string, Told]> = []) {
    this.#base = base;
    this.#byNeuron = new Map(byNeuron);
  }

  /** Nothing but what was made before a time has been told. */
  static at(timeMs: number): Moments {
    return new Moments(momentAt(timeMs));
  }

  /** Whether a version has been told. */
  includes(version: string): boolean {
    const told = this.#byNeuron.get(neuronOf(version));
    return momentOf(version) <= (told?.floor ?? this.#base) || this.names(version);
  }

  /** Whether a version is one of the last that were told. */
  names(version: string): boolean {
    return this.#byNeuron.get(neuronOf(version))?.named.includes(momentOf(version)) === true;
  }

  /** A version has been told; others of its neuron that were made shortly before may still come. */
  note(version: string): void {
    if (this.names(version) || parseVersion(version) === undefined) return;
    const told = this.#toldBy(neuronOf(version));
    const moment = momentOf(version);
    const floor = momentAt(versionTimeMs(version) - TELLING_SLACK_MS);
    if (floor > told.floor) told.floor = floor;
    told.named.push(moment);
    if (told.named.length > MAX_NAMED_VERSIONS) told.named.shift();
  }

  /** Everything that the version's neuron made before it has been told or is known. */
  settle(version: string): void {
    if (parseVersion(version) === undefined) return;
    const told = this.#toldBy(neuronOf(version));
    if (momentOf(version) > told.floor) told.floor = momentOf(version);
    this.note(version);
  }

  copy(): Moments {
    return new Moments(this.#base, [...this.#byNeuron].map(([neuron, { floor, named }]) => [neuron, { floor, named: [...named] }]));
  }

  toString(): string {
    this.#text ??= [this.#base, ...[...this.#byNeuron].map(([neuron, told]) => `${neuron}:${textOf(told)}`)].join(',');
    return this.#text;
  }

  static parse(text: string): Moments {
    const [base, ...rest] = text.split(',');
    return new Moments(
      base,
      rest.map((each) => {
        const [neuron = '', told = ''] = each.split(':');
        return [neuron, parseTold(told)];
      }),
    );
  }

  #toldBy(neuron: string): Told {
    this.#text = undefined;
    let told = this.#byNeuron.get(neuron);
    if (told === undefined) {
      told = { floor: this.#base, named: [] };
      this.#byNeuron.set(neuron, told);
      const oldest = this.#byNeuron.keys().next();
      if (this.#byNeuron.size > MAX_POSITION_NEURONS && oldest.done !== true) this.#byNeuron.delete(oldest.value);
    }
    return told;
  }
}

/** The floor, and the distances of the named versions above it. */
function textOf({ floor, named }: Told): string {
  const base = BigInt(`0x${floor}`);
  const distances = named.filter((moment) => moment >= floor).map((moment) => (BigInt(`0x${moment}`) - base).toString(36));
  return [floor, ...distances].join('-');
}

function parseTold(text: string): Told {
  const [floor = NO_MOMENT, ...distances] = text.split('-');
  const base = BigInt(`0x${floor}`);
  return { floor, named: distances.map((distance) => momentText(base + [...distance].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n))) };
}

function momentText(moment: bigint): string {
  return moment.toString(16).padStart(16, '0');
}

function momentAt(timeMs: number): string {
  return momentText(BigInt(Math.max(0, Math.floor(timeMs))) * 65_536n);
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
