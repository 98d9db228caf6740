import * as z from 'zod';

/** A measurement posted in aggregated form. */
export const measurementSchema = z.object({
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  count: z.int().positive(),
}).meta({ id: 'Measurement' });

/** Body of a post to `_stats`. */
export const statsWriteBodySchema = z.looseObject({
  k: z.string().max(255).regex(/^[^/]*$/).nullable().optional().describe('the user or device that accrues'),
  l: z.string().max(64).regex(/^[A-Za-z][\w.:-]*$/).nullable().optional().describe('the measure; may stand in the query instead'),
  v: z.union([z.number(), z.string().regex(/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/), z.looseObject(measurementSchema.shape)]),
});

/** Answer of `_stats`: the measures, an object of them by group, or `[]` where there is no data. */
export const statsAnswerSchema = z.union([measurementSchema, z.record(z.string(), measurementSchema), z.array(z.never()).max(0)]);

/** Sum, minimum, maximum and count of measurements. */
export type Measurement = z.infer<typeof measurementSchema>;
