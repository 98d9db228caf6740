import { timeGroupOf, type Accumulator, type PathAddress } from '@xir/kv4-core';

/** Milliseconds in a minute, the finest unit of measurements. */
export const MINUTE_MS = 60_000;

/** What a measurement belongs to. */
export interface MeasureAddress {
  readonly bucket: string;
  /** For example `router:pkt`. */
  readonly measure: string;
  /** The entity's normalised path. */
  readonly entity: string;
  /** The user or device that accrues; absent: the entity as a whole. */
  readonly key?: string;
}

/** A measure's layer. */
export function statsLayer(measure: string): string {
  return `*stats:${measure}`;
}

/**
 * The path under which the documents of an entity and key are: `@` and the key below the entity. Segments of clients begin with a
 * letter, so the two never meet. Below it is one path per month.
 */
export function statsBase(address: MeasureAddress): PathAddress {
  const entity = address.entity === '/' ? '' : address.entity;
  return { bucket: address.bucket, layer: statsLayer(address.measure), path: `${entity}/@${address.key ?? ''}` };
}

/** Where a minute is kept: the month's path, the key of the hour and writer, and the field of the minute. */
export interface MinutePlace {
  readonly month: string;
  readonly hourKey: string;
  readonly field: string;
}

/** The place of a minute: `2016:3` / `16:5~<writer>` / `4`. */
export function minutePlace(minuteMs: number, writer: string): MinutePlace {
  const [year, month, day, hour, minute] = timeGroupOf(minuteMs, 'minute').split(':');
  return { month: `${year}:${month}`, hourKey: `${day}:${hour}~${writer}`, field: String(minute) };
}

/** A minute's measures as they are stored: sum, minimum, maximum, count. */
export type StoredMinute = [sum: number, min: number, max: number, count: number];

/** Writes a minute's measures. */
export function storedMinute({ sum, min, max, count }: Accumulator): StoredMinute {
  return [sum, min, max, count];
}

/** Reads a minute's measures; `undefined` for anything else. */
export function readStoredMinute(value: unknown): Accumulator | undefined {
  if (!Array.isArray(value) || value.length !== 4 || !value.every((number) => typeof number === 'number')) return undefined;
  const [sum, min, max, count] = value as StoredMinute;
  return { sum, min, max, count };
}
