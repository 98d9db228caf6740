import { hashText } from '@xir/kv4-core';
import { ToldVersions } from './watch-told.ts';

const POSITION = /^([0-9a-z]{1,64})\.([0-9a-z]{1,13})\.([0-9a-z]{1,10})\.([^.]{16,12000})\.(.*)$/s;
/** Longest position, in characters: sequences of large clusters take a thousand and more. */
export const MAX_POSITION_LENGTH = 16_384;

/** A place in what a database tells of its changes: what lies behind it has not been told, save what is named. */
export interface Place {
  /** The feed's sequence; empty: not a place to resume from (in the middle of initial values). */
  readonly seq: string;
  /** What the database had purged; opaque, 1–13 characters `[0-9a-z]`. */
  readonly purges: string;
}

/** How far a watch has come, as it is handed out with every event. Valid on every neuron of the system. */
export interface WatchPosition extends Place {
  /** The database's random epoch. */
  readonly epoch: string;
  /** Expiries of told versions up to this time were told, in milliseconds since 1970 UTC. */
  readonly expiredMs: number;
  /** What was told of what lies behind the place, and of what upkeep may write again. */
  readonly told: ToldVersions;
}

/** A database's `purge_seq`, which may be long and is only compared, as a position holds it. */
export function purgesText(purgeSeq: string): string {
  return hashText(purgeSeq).toString(36);
}

/** Writes a position. */
export function encodePosition({ epoch, purges, expiredMs, told, seq }: WatchPosition): string {
  return `${epoch}.${purges}.${Math.max(0, Math.floor(expiredMs)).toString(36)}.${told.toString()}.${seq}`;
}

/** Reads a position; `undefined` for any other text. */
export function decodePosition(text: string): WatchPosition | undefined {
  if (text.length > MAX_POSITION_LENGTH) return undefined;
  const match = POSITION.exec(text);
  const told = match === null ? undefined : ToldVersions.parse(match[4] as string);
  if (match === null || told === undefined) return undefined;
  return { epoch: match[1] as string, purges: match[2] as string, expiredMs: Number.parseInt(match[3] as string, 36), told, seq: match[5] as string };
}
