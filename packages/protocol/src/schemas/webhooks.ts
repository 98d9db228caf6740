import * as z from 'zod';

const events = z.array(z.enum(['join', 'leave', 'message'])).min(1);

/** Body of `PUT /_webhooks`. */
export const webhookBodySchema = z.looseObject({
  k: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/).optional().describe('the name; may stand in the query'),
  v: z.strictObject({
    url: z.string().describe('an `http:` or `https:` URL without a login'),
    secret: z.string().min(16).describe('with which requests are signed'),
    events: events.optional().describe('default `join` and `leave`'),
    bucket: z.string().min(1).optional().describe('the account whose channels are meant; default any'),
  }),
});

const shown = { url: z.string().describe('the origin'), events, bucket: z.string().optional() };

/** A webhook as it is answered. */
export const webhookAnswerSchema = z.object({ ...shown, _ver_: z.string() });

/** Webhooks of a path and beneath it. */
export const webhookListSchema = z.array(z.object({ path: z.string(), k: z.string(), ...shown }));
