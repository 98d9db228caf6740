/** A version taken apart. */
export interface ParsedVersion {
  /** Milliseconds since 1970 UTC. */
  readonly timeMs: number;
  /** Orders the versions of one millisecond; 0 to {@link MAX_VERSION_COUNTER}. */
  readonly counter: number;
  /** The neuron that made it. */
  readonly neuron: string;
}

/** Latest time a version can carry, in milliseconds since 1970 UTC: twelve hex digits (the year 10889). */
export const MAX_VERSION_TIME_MS = 0xffff_ffff_ffff;
/** Highest counter a version can carry: four hex digits. */
export const MAX_VERSION_COUNTER = 0xffff;
/** Longest neuron name in a version, in characters. */
export const MAX_NEURON_NAME_LENGTH = 24;
/** Longest version, in characters. */
export const MAX_VERSION_LENGTH = 17 + MAX_NEURON_NAME_LENGTH;

const NEURON_NAME = /^[a-z0-9]{1,24}$/;
const VERSION = /^[0-9a-f]{16}-[a-z0-9]{1,24}$/;

/** Whether a text can name a neuron in versions: 1–24 characters `a`–`z`, `0`–`9`. */
export function isNeuronName(text: string): boolean {
  return NEURON_NAME.test(text);
}

/**
 * Writes a version: twelve hex digits of milliseconds, four of counter, `-`, neuron. As text, versions sort by time,
 * counter and neuron. Throws `TypeError` for parts out of range.
 */
export function formatVersion(parts: ParsedVersion): string {
  const { timeMs, counter, neuron } = parts;
  if (!isWithin(timeMs, MAX_VERSION_TIME_MS)) throw new TypeError(`not a version's time: ${timeMs}`);
  if (!isWithin(counter, MAX_VERSION_COUNTER)) throw new TypeError(`not a version's counter: ${counter}`);
  if (!isNeuronName(neuron)) throw new TypeError('a neuron is named by 1 to 24 characters a-z and 0-9');
  return `${timeDigits(timeMs)}${counter.toString(16).padStart(4, '0')}-${neuron}`;
}

function isWithin(value: number, highest: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= highest;
}

function timeDigits(timeMs: number): string {
  return timeMs.toString(16).padStart(12, '0');
}

/** Whether a text is a version as {@link formatVersion} writes it. */
export function isVersion(text: unknown): text is string {
  return typeof text === 'string' && VERSION.test(text);
}

/** Takes a version apart; `undefined` when it is malformed. */
export function parseVersion(text: string): ParsedVersion | undefined {
  if (!isVersion(text)) return undefined;
  return { timeMs: versionTimeMs(text), counter: Number.parseInt(text.slice(12, 16), 16), neuron: text.slice(17) };
}

/** When a version was made, in milliseconds since 1970 UTC. `NaN` for a text that is no version. */
export function versionTimeMs(version: string): number {
  return Number.parseInt(version.slice(0, 12), 16);
}

function clampTime(timeMs: number): number {
  return Math.min(Math.max(timeMs, 0), MAX_VERSION_TIME_MS);
}

/**
 * The lower bound for versions made at or after a time: `version >= lowestVersionAt(ms)`. Not a version itself.
 * Any number will do, `-Infinity` included; `NaN` is a `TypeError`.
 */
export function lowestVersionAt(timeMs: number): string {
  refuseNaN(timeMs);
  // Past the last possible time nothing qualifies: `g` sorts behind every hex digit.
  return timeMs > MAX_VERSION_TIME_MS ? 'g' : timeDigits(Math.ceil(clampTime(timeMs)));
}

/**
 * The upper bound for versions made at or before a time: `version <= highestVersionAt(ms)`. Not a version itself.
 * Any number will do, `Infinity` included; `NaN` is a `TypeError`.
 */
export function highestVersionAt(timeMs: number): string {
  refuseNaN(timeMs);
  return timeMs < 0 ? '' : `${timeDigits(Math.floor(clampTime(timeMs)))}g`;
}

function refuseNaN(timeMs: number): void {
  if (typeof timeMs !== 'number' || Number.isNaN(timeMs)) throw new TypeError('a time must be a number of milliseconds');
}
