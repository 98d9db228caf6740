import * as z from 'zod';

import { jsonSchema } from './values.ts';

/** The name of a user. */
export const userSchema = z.string().min(1).max(255);
/** The name of a device. */
export const deviceSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const path = z.string();

/** A message as it is published. */
export const publishedMessageSchema = z
  .looseObject({
    v: jsonSchema.describe('the content'),
    event: z.string().min(1).max(128).optional().describe('what it is about; default `message`'),
    k: userSchema.nullable().optional().describe('who it is from; default the login'),
    from: deviceSchema.nullable().optional().describe('the device it is from; default `publisher`'),
    to: userSchema.nullable().optional().describe('one user of the channel; absent: everybody'),
    device: deviceSchema.nullable().optional().describe('one device of that user'),
    subtree: z.union([z.boolean(), z.literal(1), z.literal('1')]).optional().describe('everybody beneath the channel too'),
    id: z.string().min(1).max(128).nullable().optional().describe('what comes again with it within two minutes is delivered once'),
    level: z.enum(['accepted', 'reached', 'written']).optional().describe('when the answer comes; default `reached`'),
  })
  .meta({ id: 'PublishedMessage' });

/** Body of a publish: a message, a batch of them, or one for several channels. */
export const publishBodySchema = z.union([
  publishedMessageSchema,
  z.looseObject({ messages: z.array(publishedMessageSchema.extend({ path: path.nullable().optional().describe('goes on where the path of the URL ends') })).max(1_000) }),
  publishedMessageSchema.extend({ paths: z.array(path).max(1_000).describe('each goes on where the path of the URL ends') }),
]);

/** What became of a message. */
export const sendReportSchema = z
  .object({
    reached: z.int().nonnegative().describe('devices and listeners that have it in their queues'),
    written: z.int().nonnegative().describe('those to whose sockets it was written; at level `written`'),
    undelivered: z.array(z.object({ reason: z.enum(['absent', 'unreachable', 'unknown', 'busy', 'not-stored']), neuron: z.string().optional() })),
    position: z.string().optional().describe("where it stands in the channel's history"),
  })
  .meta({ id: 'SendReport' });

/** Why a part of a request was refused. */
export const refusalSchema = z.object({ error: z.string(), code: z.string(), detail: z.string().optional() }).meta({ id: 'Refusal' });

/** Answer of a publish. */
export const publishAnswerSchema = z.union([sendReportSchema, z.array(z.union([sendReportSchema, refusalSchema]))]);

/** A message that a channel keeps. */
export const keptMessageSchema = z
  .looseObject({
    path,
    k: z.string(),
    device: z.string(),
    event: z.string(),
    sentAtMs: z.number(),
    subtree: z.string().optional(),
    id: z.string().optional(),
    position: z.string().optional(),
    previous: z.string().nullable().optional(),
    v: jsonSchema,
  })
  .meta({ id: 'KeptMessage' });

/** A part of a channel's history, oldest first. */
export const historyAnswerSchema = z.object({
  messages: z.array(keptMessageSchema),
  position: z.string().nullable().describe('of the last message'),
  continuous: z.boolean().describe('with `since`: whether nothing is missing in between'),
  more: z.boolean().describe('whether there are further ones'),
});

/** A frame of signalling. */
export const signallingFrameSchema = z.looseObject({ t: z.string(), m: z.looseObject({ o: z.string() }).optional(), p: jsonSchema.optional() }).meta({ id: 'SignallingFrame' });

/** Answer of a poll. */
export const pollAnswerSchema = z.object({
  frames: z.array(signallingFrameSchema),
  after: z.string().describe('what the next poll names'),
  position: z.string().optional().describe("where the client stands in the channel's history"),
  end: z.string().optional().describe('why the peer is not on the channel any more'),
});

/** Body of what a peer sends. */
export const peerBodySchema = z.union([signallingFrameSchema, z.looseObject({ frames: z.array(jsonSchema).max(1_000) })]);

/** Answer to what a peer sends, frame by frame. */
export const peerSendAnswerSchema = z.array(z.union([sendReportSchema, refusalSchema, z.strictObject({})]));

/** Body of `PUT /_subs`. */
export const holdBodySchema = z.looseObject({
  k: userSchema.optional().describe('the user; may stand in the query'),
  device: deviceSchema.optional().describe('default `held`'),
  v: jsonSchema.optional().describe('what the peer says of itself'),
  expire: z.union([z.int().min(1).max(3_600), z.string()]).optional().describe('seconds; default 60'),
});

/** Answer of `PUT /_subs`. */
export const holdAnswerSchema = z.object({ key: z.string(), device: z.string(), path, token: z.string(), session: z.string(), after: z.string(), expire: z.int() });

/** Answer of `GET /_subs` with `as=count`. */
export const countAnswerSchema = z.object({ users: z.int().nonnegative(), devices: z.int().nonnegative() });
