import { Kv4Error } from './errors.ts';
import { formatVersion, MAX_VERSION_COUNTER, MAX_VERSION_TIME_MS, parseVersion } from './version.ts';

/** A moment of the hybrid clock: wall time and a counter within it. */
export interface HybridMoment {
  readonly timeMs: number;
  readonly counter: number;
}

/** What a neuron remembers between two versions. Plain data; {@link nextVersion} makes the next state. */
export interface HybridClock extends HybridMoment {
  /** The last moment given out for a key whose version lies further ahead than {@link MAX_CLOCK_LEAD_MS}. */
  readonly far?: HybridMoment;
}

/**
 * Furthest, in milliseconds, that a version seen on a key can pull this neuron's clock ahead of its wall clock. A key
 * whose version lies beyond (a host with a wrong clock, a damaged document) still gets a version above its own, but other
 * keys keep the time.
 */
export const MAX_CLOCK_LEAD_MS = 60_000;

/** Stands in the versions of deletions by expiry where others have the neuron that made them. Only they are given the last moment there is, so that every value can expire. */
export const EXPIRY_NEURON = 'expiry';

/** The state of a clock that has made no version yet. */
export const INITIAL_HYBRID_CLOCK: HybridClock = { timeMs: 0, counter: -1 };

/**
 * The next version of a hybrid logical clock, and the state after it. The version is never behind the wall clock, is
 * above every version made from this state before (beyond {@link MAX_CLOCK_LEAD_MS}: above every one made beyond it), and
 * above `above`, the key's version so far. A clock that steps back is waited out by counting on; a full counter carries into the milliseconds.
 *
 * Throws `KV4_REJECTED` when `above` leaves no version to be had, and `TypeError` for a malformed `above`, `neuron` or `nowMs`.
 */
export function nextVersion(state: HybridClock, nowMs: number, neuron: string, above?: string): { state: HybridClock; version: string } {
  const own = ownMoment(state, nowMs);
  const floor = above === undefined ? undefined : momentAbove(above);
  if (floor !== undefined && isLast(floor) && neuron !== EXPIRY_NEURON) throw noneLeft();
  if (floor === undefined || compareMoments(floor, own) <= 0) return made(keepFar(own, state.far), own, neuron);
  if (floor.timeMs <= nowMs + MAX_CLOCK_LEAD_MS) return made(keepFar(floor, state.far), floor, neuron);
  const far = laterFar(floor, state.far);
  return made({ timeMs: state.timeMs, counter: state.counter, far }, far, neuron);
}

function made(state: HybridClock, moment: HybridMoment, neuron: string): { state: HybridClock; version: string } {
  return { state, version: formatVersion({ timeMs: moment.timeMs, counter: moment.counter, neuron }) };
}

function keepFar(moment: HybridMoment, far: HybridMoment | undefined): HybridClock {
  return far === undefined ? moment : { timeMs: moment.timeMs, counter: moment.counter, far };
}

function ownMoment(state: HybridClock, nowMs: number): HybridMoment {
  if (!(nowMs >= 0 && nowMs <= MAX_VERSION_TIME_MS)) throw new TypeError(`not a time for versions: ${nowMs}`);
  const wallMs = Math.floor(nowMs);
  return wallMs > state.timeMs ? { timeMs: wallMs, counter: 0 } : increment(state);
}

function momentAbove(version: string): HybridMoment {
  const parsed = parseVersion(version);
  if (parsed === undefined) throw new TypeError('the version to stay above is malformed');
  return increment(parsed);
}

/** Far moments are never given out twice, so that a version tells whose write it was even then. */
function laterFar(floor: HybridMoment, far: HybridMoment | undefined): HybridMoment {
  if (far === undefined || compareMoments(far, floor) < 0 || isLast(far)) return floor;
  return increment(far);
}

/** Whether something can come after a version: all but those of the last moment. */
export function hasLaterVersion(version: string): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && !isLast(parsed);
}

function noneLeft(): Kv4Error {
  return new Kv4Error('KV4_REJECTED', 'there is no later version to be had');
}

function isLast(moment: HybridMoment): boolean {
  return moment.timeMs >= MAX_VERSION_TIME_MS && moment.counter >= MAX_VERSION_COUNTER;
}

function increment(moment: HybridMoment): HybridMoment {
  if (moment.counter < MAX_VERSION_COUNTER) return { timeMs: moment.timeMs, counter: moment.counter + 1 };
  if (isLast(moment)) throw noneLeft();
  return { timeMs: moment.timeMs + 1, counter: 0 };
}

function compareMoments(a: HybridMoment, b: HybridMoment): number {
  return a.timeMs - b.timeMs || a.counter - b.counter;
}
