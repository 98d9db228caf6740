import * as z from 'zod';

import { answeredValueSchema, datumSchema, namesSchema, seriesRowSchema } from './values.ts';

/** Body of a write to `_data`. */
export const dataWriteBodySchema = z.object({
  k: z.string().min(1).max(1024).optional().describe('the key; may stand in the query instead'),
  v: z.json().describe('the value; `_ver_` inside it is the optimistic lock'),
  k2: z.string().optional(),
  k3: z.string().optional(),
  k4: z.string().optional(),
  m: z.object({ k2: z.string().optional(), k3: z.string().optional(), k4: z.string().optional() }).optional().describe('the whole set of additional keys; {} removes them'),
});

/** What a GET of `_data` answers, whatever its parameters. */
export const dataReadAnswerSchema = z.union([answeredValueSchema, namesSchema, z.array(datumSchema), z.array(seriesRowSchema)]);

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
});

/** Answer of `_data` with `aggregate=1`. */
export const aggregateAnswerSchema = z.object({
  total: aggregateSchema.nullable(),
  groups: z.record(z.string(), aggregateSchema).optional(),
});

/** Body of a write to `_data`. */
export type DataWriteBody = z.infer<typeof dataWriteBodySchema>;
/** Answer of `_data` with `aggregate=1`. */
export type AggregateAnswer = z.infer<typeof aggregateAnswerSchema>;
