import * as z from 'zod';

import { ERROR_STRING_LIST } from '../error-strings.ts';

/** Any JSON value. */
export const jsonSchema = z.json().meta({ id: 'Json', description: 'any JSON value' });
/** A stored object as it is answered: its fields and `_ver_`. */
export const versionedObjectSchema = z.looseObject({ _ver_: z.string() }).meta({ id: 'VersionedObject' });
/** A value as it is answered: an object with `_ver_`, or the scalar or array that was stored. */
export const answeredValueSchema = z.union([versionedObjectSchema, jsonSchema]);
/** A reply whose only content is the version. */
export const versionOnlySchema = z.object({ _ver_: z.string() });
/** How many keys a DELETE removed. */
export const countSchema = z.int().nonnegative();
/** Names: keys, users, layers, paths. */
export const namesSchema = z.array(z.string());

/** A raw record, as `as=datum` answers it. Times are unix seconds. */
export const datumSchema = z.object({
  w: z.string().describe('bucket'),
  k: z.string().describe('key'),
  l: z.string().describe('layer'),
  p: z.string().describe('path'),
  t: z.number().describe('time of the version, unix seconds'),
  m: z.record(z.string(), z.string()).describe('additional keys k2, k3, k4'),
  v: answeredValueSchema,
  s: z.literal('c'),
  a: z.string().describe('author'),
  _id: z.string().describe('the version, equal to _ver_'),
  _rev: z.string().describe("the database's revision; empty where there is none"),
  x: z.number().optional().describe('when the key is gone, milliseconds since 1970 UTC'),
  gone: z.boolean().optional().describe('in series and past listings: whether this version is a deletion'),
}).meta({ id: 'Datum' });

/** One row of a time series: unix seconds, author, value (null: deleted). */
export const seriesRowSchema = z.tuple([z.number(), z.string(), answeredValueSchema]).meta({ id: 'SeriesRow', description: 'unix seconds, author, value (null: deleted)' });

/** The failed envelope. */
export const errorEnvelopeSchema = z.object({ v: z.enum(ERROR_STRING_LIST), s: z.literal('error') });

/** The successful envelope around an answer. */
export function okEnvelopeSchema<Value extends z.ZodType>(value: Value) {
  return z.object({ v: value, s: z.literal('ok') });
}

/** A raw record. */
export type Datum = z.infer<typeof datumSchema>;
/** One row of a time series. */
export type SeriesRow = z.infer<typeof seriesRowSchema>;
