import * as z from 'zod';

/** A measurement posted in aggregated form. */
export const measurementSchema = z.object({
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  count: z.int().positive(),
}).meta({ id: 'Measurement' });

/** Body of a post to `_stats`. */
export const statsWriteBodySchema = z.object({
  k: z.string().min(1).max(255).optional().describe('the user or device that accrues'),
  l: z.string().optional().describe('the measure; may stand in the query instead'),
  v: z.union([z.number(), measurementSchema]),
});

/** Answer of `_stats`: the measures, an object of them by group, or `[]` where there is no data. */
export const statsAnswerSchema = z.union([measurementSchema, z.record(z.string(), measurementSchema), z.array(z.never()).max(0)]);

/** Sum, minimum, maximum and count of measurements. */
export type Measurement = z.infer<typeof measurementSchema>;
