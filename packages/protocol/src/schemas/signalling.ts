import * as z from 'zod';

import { jsonSchema } from './values.ts';

/** One live subscription, as `_subs` answers it. */
export const subscriptionSchema = z.looseObject({
  topic: z.string(),
  service: z.string(),
  path: z.string(),
  origin: z.string(),
  meta: jsonSchema,
  key: z.string(),
  ident: z.string(),
});

/** Answer of `_token`: opaque to clients, made of `A-Za-z0-9-_.`. */
export const tokenAnswerSchema = z.string().regex(/^[A-Za-z0-9._-]+$/);

/** Answer of `_host`: a WebSocket URL. */
export const hostAnswerSchema = z.string();

const iceUrl = z.object({ url: z.string(), username: z.string().optional(), credential: z.string().optional() });
const iceUrls = z.object({
  urls: z.union([z.string(), z.array(z.string())]),
  username: z.string().optional(),
  credential: z.string().optional(),
});

/** Body of `PUT /_turn`; the same options may stand in the query. */
export const turnBodySchema = z.looseObject({
  format: z.enum(['url', 'urls']).optional(),
  webrtc: z.union([z.literal(1), z.literal('1')]).optional(),
  expire: z.union([z.int(), z.string()]).optional(),
  k: z.string().optional(),
});

/** Answer of `_turn`. */
export const turnAnswerSchema = z.object({ iceServers: z.union([z.array(iceUrl), z.array(iceUrls), iceUrls]) });

/** One live subscription. */
export type Subscription = z.infer<typeof subscriptionSchema>;
