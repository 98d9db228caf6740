import * as z from 'zod';

import { ACCOUNT_NAME, MAX_ACCOUNT_NAME_CHARACTERS } from '../names.ts';
import type { ParameterSchema } from './operation.ts';

const text = z.string();
const flag = z.enum(['1', '0']);
const whole = z.int().nonnegative();
/** Milliseconds since 1970, or ISO 8601; a `+` in a query that was not encoded is a space. */
const moment = z.string().regex(/^(?:\d{1,15}(?:\.\d+)?|\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+ -](?:[01]\d|2[0-3]):[0-5]\d)?)?)$/);
const group = z.string().regex(/^(?:19[7-9]\d|[2-9]\d{3})(?::(?:0?[1-9]|1[0-2])(?::(?:0?[1-9]|[12]\d|3[01])(?::(?:[01]?\d|2[0-3])(?::[0-5]?\d){0,2})?)?)?$/);

function query(name: string, schema: z.ZodType, description: string): ParameterSchema {
  return { name, in: 'query', schema, description };
}

/** One that old clients fill with what is none of its values: that is passed over, or means yes, as it always did. */
function lenient(name: string, schema: z.ZodType, description: string): ParameterSchema {
  return { ...query(name, schema, description), isLenient: true };
}

function header(name: string, schema: z.ZodType, description: string): ParameterSchema {
  return { name, in: 'header', schema, description };
}

/** Every parameter and header that an operation may take, each described once. */
export const PARAMETERS = {
  k: query('k', text, 'the key'),
  k2: query('k2', text, 'the first additional key'),
  k3: query('k3', text, 'the second additional key'),
  k4: query('k4', text, 'the third additional key'),
  account: { ...query('k', text.max(MAX_ACCOUNT_NAME_CHARACTERS).regex(ACCOUNT_NAME), 'the name; may stand in the body instead'), ownError: 'bad_username' },
  address: { ...query('k', z.union([z.ipv4(), z.ipv6()]), 'the IP address; may stand in the body instead'), ownError: 'bad_name' },
  email: query('k2', text, 'the email address of an account'),
  user: { ...query('k', text.max(255).regex(/^[^/]*$/), 'the user; a random id where there is none'), ownError: 'bad_name' },
  w: query('w', text, 'another bucket that the login may act in'),
  p: query('p', text, 'goes on where the path of the URL ends'),
  layer: query('l', text, 'the layer; default `*data`'),
  anyLayer: query('l', text, 'the layer; needed for paths and keys'),
  measure: { ...query('l', text.max(64).regex(/^[A-Za-z][\w.:-]*$/), 'the measure, such as `router:pkt`; needed here or in the body'), ownError: 'bad_layer_prefix' },
  as: query('as', z.enum(['keys', 'values', 'datum', 'tree', '1', 'true', '0', 'false']), 'what is answered: keys (or the value of the one key), values, or whole records; `1` and `true` are older words for `datum`, `0` and `false` for `keys`, `tree` is the same as `tree=1`'),
  asOfSubscriptions: query('as', z.enum(['keys', 'values', 'datum', 'tree', '1', 'true', 'count']), 'what is answered: users, what is known of each, whole records, or how many users and devices there are; `1` and `true` are older words for `datum`'),
  since: query('since', text, 'a position: what came behind it'),
  historyLimit: query('limit', z.int().min(1).max(1_000), 'at most this many messages; default 100'),
  listenSubtree: lenient('subtree', flag, 'of a watch: all channels beneath the path too'),
  token: query('token', text, 'a token of `_token`; may come as a bearer instead'),
  device: query('device', text.regex(/^[A-Za-z0-9_-]{1,64}$/), 'tells the devices of a user apart'),
  session: query('session', text, 'the session that the stream or poll told'),
  wait: query('wait', whole, 'at most this many seconds; default and most 25'),
  tree: lenient('tree', flag, 'the records at the path and beneath it, parents first'),
  subtree: lenient('subtree', flag, 'beneath the path too'),
  depth: lenient('depth', whole, 'at most this many segments below the path'),
  fresh: lenient('fresh', flag, 'answer with everything the database had committed when the request came'),
  maxAge: query('max_age', z.number().nonnegative(), 'a cached answer of at most this age will do, in milliseconds'),
  limit: query('limit', z.int().positive().max(10_000), 'one page of at most this many items'),
  after: query('after', text, 'the cursor of the page before; of a watch: the id to go on behind'),
  timeSeries: lenient('time_series', flag, 'the versions of the key, newest first'),
  order: query('order', z.enum(['asc', 'desc']), 'the order of a series'),
  gs: query('gs', group, 'first group of time, `Y[:M[:D[:H[:m[:s]]]]]` in UTC'),
  ge: query('ge', group, 'last group of time, inclusive'),
  from: query('from', moment, 'first moment: milliseconds since 1970 UTC, or ISO 8601'),
  to: query('to', moment, 'last moment, inclusive'),
  at: query('at', moment, 'as it was at this moment'),
  aggregate: lenient('aggregate', flag, "measures over the key's series"),
  field: query('field', text, 'the field to measure; default the value itself, or its field `value`'),
  unit: query('break', z.enum(['year', 'month', 'day', 'hour', 'minute', 'second']), 'break down by this unit'),
  breakDown: lenient('break', z.enum(['1', 'year', 'month', 'day', 'hour', 'minute']), 'break down: `1` one unit finer than `gs`, or the unit'),
  watch: lenient('watch', flag, 'follow by server-sent events'),
  initial: lenient('initial', flag, 'of a watch: 0 leaves out the values that are there already'),
  latest: lenient('latest', flag, 'of a watch: only the newest state of each key, for slow readers'),
  history: lenient('history', flag, 'of a watch: every version is an event'),
  scope: query('scope', z.enum(['layer']), 'of a watch: the whole layer'),
  merge: lenient('merge', flag, 'lay the fields over the stored object'),
  version: query('_ver_', text, 'the lock, for values that have no room for it'),
  expireKey: query('expire', z.number().positive().max(3_155_760_000), 'the key is gone after this many seconds'),
  expireLogin: query('expire', z.int().min(1).max(86_400), 'life of the token, in seconds; default 60'),
  expireToken: lenient('expire', whole, 'life of the token, in seconds; default 60, 0 for ever'),
  expireTurn: lenient('expire', z.int().min(1).max(21_600), 'life of the credentials, in seconds; default 60'),
  what: query('a', z.enum(['layers', 'paths', 'keys']), 'what is looked for; default layers'),
  callee: query('k', text, 'the user that is to be met on the channel'),
  own: lenient('own', flag, '`0`: not the server that is asked, where no other is known; default 1'),
  type: { ...query('type', z.enum(['signal', 'turn']), 'which kind of server'), ownError: 'unrecognized_type_param' },
  format: lenient('format', z.enum(['url', 'urls']), '`urls`: one object with an array of URLs'),
  webrtc: lenient('webrtc', flag, 'the array that `RTCPeerConnection` takes'),
  ifNoneMatch: header('If-None-Match', text, 'answer 304 when the value still has this version'),
  ifNoneMatchAny: header('If-None-Match', z.enum(['*']), 'create only'),
  ifMatch: header('If-Match', text, 'compare and set: the version that must stand; `*`: replace only'),
  lastEventId: header('Last-Event-ID', text, 'of a watch: go on behind this event'),
  prefer: { ...header('Prefer', z.enum(['status=http']), 'errors carry precise HTTP statuses'), isLenient: true },
} as const satisfies Record<string, ParameterSchema>;

const { w, p, prefer, fresh, maxAge, limit, after, watch, initial, latest, history, lastEventId } = PARAMETERS;

/** What every operation takes. */
export const ANY: readonly ParameterSchema[] = [p, prefer];
/** What operations in a bucket take. */
export const IN_BUCKET: readonly ParameterSchema[] = [w, ...ANY];
/** What reads from the cache take. */
export const FRESHNESS: readonly ParameterSchema[] = [fresh, maxAge];
/** What listings take. */
export const PAGE: readonly ParameterSchema[] = [limit, after];
/** What watches take. */
export const WATCH: readonly ParameterSchema[] = [watch, initial, latest, history, lastEventId];
