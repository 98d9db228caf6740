import * as z from 'zod';

import { answeredValueSchema, datumSchema, jsonSchema, namesSchema, seriesRowSchema } from './values.ts';

const additionalKey = z.union([z.string(), z.number()]).nullable().optional();

/** Body of a write to `_data`. */
export const dataWriteBodySchema = z.looseObject({
  k: z.union([z.string(), z.number()]).nullable().optional().describe('the key; may stand in the query instead'),
  v: jsonSchema.describe('the value; `_ver_` inside it is the optimistic lock'),
  k2: additionalKey,
  k3: additionalKey,
  k4: additionalKey,
  m: z.strictObject({ k2: additionalKey, k3: additionalKey, k4: additionalKey }).nullable().optional().describe('the whole set of additional keys; {} removes them'),
});

/** The measures over a key's series. */
export const aggregateSchema = z.object({
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  count: z.int(),
  avg: z.number(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
}).meta({ id: 'Aggregate' });

/** Answer of `_data` with `aggregate=1`. */
export const aggregateAnswerSchema = z.object({
  total: aggregateSchema.nullable(),
  groups: z.record(z.string(), aggregateSchema).optional(),
});

/** What a GET of `_data` answers, whatever its parameters. */
export const dataReadAnswerSchema = z.union([answeredValueSchema, namesSchema, z.array(datumSchema), z.array(seriesRowSchema), aggregateAnswerSchema]);

/** Body of a write to `_data`. */
export type DataWriteBody = z.infer<typeof dataWriteBodySchema>;
/** Answer of `_data` with `aggregate=1`. */
export type AggregateAnswer = z.infer<typeof aggregateAnswerSchema>;
