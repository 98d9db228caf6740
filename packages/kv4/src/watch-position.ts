/** A place in a database's change feed, as watches hand it out. Valid on every neuron of the system. */
export interface WatchPosition {
  /** The database's random epoch. */
  readonly epoch: string;
  /** The first sixteen digits of the highest version seen there. */
  readonly moment: string;
  /** The feed's sequence; empty: not a place to resume from (in the middle of initial values). */
  readonly seq: string;
}

const POSITION = /^([0-9a-z]{1,64})\.([0-9a-f]{16})\.(.*)$/s;
/** Longest position, in characters: sequences of large clusters take a thousand and more. */
export const MAX_POSITION_LENGTH = 16_384;
export const NO_MOMENT = '0000000000000000';

/** Writes a position. */
export function encodePosition(position: WatchPosition): string {
  return `${position.epoch}.${position.moment}.${position.seq}`;
}

/** Reads a position; `undefined` for any other text. */
export function decodePosition(text: string): WatchPosition | undefined {
  if (text.length > MAX_POSITION_LENGTH) return undefined;
  const match = POSITION.exec(text);
  return match === null ? undefined : { epoch: match[1] as string, moment: match[2] as string, seq: match[3] as string };
}
