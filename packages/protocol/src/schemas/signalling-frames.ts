import * as z from 'zod';

import { deviceSchema, sendReportSchema, userSchema } from './messaging.ts';
import { jsonSchema } from './values.ts';

const position = z.string().describe("where it stands in the channel's history");
const id = z.string().min(1).max(128);
const state = jsonSchema.describe('what the device says of itself; null: nothing');
const report = sendReportSchema;

/** What a client says to others: any operation that the server does not have for itself. */
export const sentMessageSchema = z.looseObject({
  t: z.literal('u'),
  m: z.looseObject({
    o: z.string().min(1).max(128).describe('the operation, such as `message`'),
    t: z.string().nullable().optional().describe('a user; absent or null: all others on the channel'),
    d: deviceSchema.optional().describe('one device of that user'),
    r: z.literal(true).optional().describe('everybody beneath the channel too'),
    i: z.union([id, z.number()]).optional().describe('delivered once, and failures are told'),
    a: z.enum(['accepted', 'reached', 'written']).optional().describe('when `acknowledged` comes'),
  }),
  p: jsonSchema.optional().describe('the content'),
});

/** What a client says of itself. */
export const sentStateSchema = z.looseObject({ t: z.literal('u'), m: z.looseObject({ o: z.literal('state'), i: z.union([id, z.number()]).optional() }), p: state.optional() });

/** Which kept messages a client asks for. */
export const askedHistorySchema = z.looseObject({
  t: z.literal('history'),
  i: z.string().max(128),
  limit: z.int().min(1).max(1_000).optional(),
  before: z.string().max(128).optional(),
  upTo: z.string().max(128).optional(),
});

/** A sign of life that is answered. */
export const sentPingSchema = z.looseObject({ t: z.literal('ping'), ts: z.number().optional() });

/** A sign of life that is not answered; so is the text `ping`. */
export const heartbeatSchema = z.strictObject({});

const told = <Operation extends string, Content extends z.ZodType>(operation: Operation, content: Content, more: z.ZodRawShape = {}) =>
  z.strictObject({ t: z.literal('u'), m: z.strictObject({ f: z.string().describe('channel without its first slash, and the user, or `__sys__`'), o: z.literal(operation), t: z.null(), ...more }), p: content });
const deviceMeta = { d: deviceSchema.optional().describe('with `details=1`') };
const userAndState = z.strictObject({ user: userSchema, state });

/** What a neuron tells of who is there. */
export const peerConnectedSchema = told('peer_connected', z.union([userSchema, userAndState]), deviceMeta);
/** A user, or with details a device, is gone. */
export const peerRemovedSchema = told('peer_removed', userSchema, deviceMeta);
/** What somebody says of itself is another. */
export const peerUpdatedSchema = told('peer_updated', userAndState, deviceMeta);
/** Who is there at the beginning. */
export const peersSchema = told(
  'peers',
  z.strictObject({
    users: z.array(userSchema),
    devices: z.array(z.strictObject({ user: userSchema, device: deviceSchema, state })).optional().describe('with `details=1`'),
    kept: z.boolean().optional().describe('with `details=1`: whether `since` is answered'),
  }),
);
/** What became of a message that asked for it. */
export const acknowledgedSchema = told('acknowledged', report, { i: id });
/** A message could not be delivered. */
export const undeliveredSchema = told('undelivered', report, { i: id });
/** A message was refused. */
export const refusedSchema = told('refused', z.strictObject({ code: z.string() }), { i: id.optional() });
/** The client's own message is kept. */
export const storedSchema = told('stored', z.null(), { i: id.optional(), n: position, q: z.string().nullable().describe('the position before') });
/** Whether all that was missed was told before this. */
export const recoveredSchema = told('recovered', z.strictObject({ recovered: z.boolean(), position: z.string().nullable() }));
/** Connect elsewhere. */
export const goElsewhereSchema = told('go_away', z.strictObject({ host: z.string().nullable() }));

const messageMeta = z.strictObject({
  f: z.string(),
  o: z.string(),
  t: z.string().nullable(),
  d: deviceSchema.optional().describe("with `details=1`: the sender's device"),
  s: z.number().optional().describe("with `details=1`: when it was sent, by the sender's neuron"),
  i: id.optional(),
  n: position.optional(),
  q: z.string().nullable().optional().describe('the position before'),
});
/** A message of somebody, as others get it. */
export const toldMessageSchema = z.strictObject({ t: z.literal('u'), m: messageMeta, p: jsonSchema });
/** Kept messages, or why there are none. */
export const toldHistorySchema = z.union([
  z.strictObject({ t: z.literal('history'), i: z.string(), more: z.boolean(), messages: z.array(z.strictObject({ m: messageMeta, p: jsonSchema })) }),
  z.strictObject({ t: z.literal('history'), i: z.string(), code: z.enum(['bad_request', 'busy', 'no_history', 'unavailable']) }),
]);
/** The answer to a ping. */
export const pongSchema = z.strictObject({ t: z.literal('pong'), ts: z.number().optional() });

/** The first event of a stream of `_peer`. */
export const streamOpenSchema = z.strictObject({ session: z.string() });
/** The last event of a stream. */
export const streamEndSchema = z.strictObject({ reason: z.enum(['kicked', 'replaced', 'closed', 'slow-reader', 'left', 'lost']) });
/** A stream of `_messages` has told what was missed. */
export const listeningSchema = z.strictObject({ recovered: z.boolean().nullable(), position: z.string().nullable() });
/** Something may be missing in a stream of `_messages`. */
export const missedSchema = z.strictObject({});
