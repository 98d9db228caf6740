import * as z from 'zod';

import { dataReadAnswerSchema, dataWriteBodySchema } from '../data.ts';
import type { OperationSchema } from '../operation.ts';
import { FRESHNESS, IN_BUCKET, PAGE, PARAMETERS as P, WATCH } from '../parameters.ts';
import { answeredValueSchema, countSchema, datumSchema } from '../values.ts';

const path = '/_data/{path}';
const written = z.union([answeredValueSchema, datumSchema]);
const additional = [P.k2, P.k3, P.k4];
const writeParameters = [P.k, ...additional, P.layer, P.as, P.merge, P.version, P.expireKey, P.ifMatch, P.ifNoneMatchAny, ...IN_BUCKET];
const writeErrors = ['bad_name', 'value_missing', 'bad_body', 'bad_value', 'bad_option', '_ver_missing', 'version_conflict', 'bad_layer_prefix', 'too_large', 'outcome_unknown'] as const;
const lamp = '019ac1f2b3c40000-n1';
const brighter = '019ac1f2b4000000-n1';

const record = (name: string, version: string, value: object) => ({
  w: '$sys',
  k: name,
  l: '*data',
  p: '/rooms/kitchen',
  t: 1764380000,
  m: {},
  v: { ...value, _ver_: version },
  s: 'c',
  a: '$sys',
  _id: version,
  _rev: '1-7a70c1b2',
});

const PUT: OperationSchema = {
  service: 'data',
  method: 'PUT',
  path,
  summary: 'Write a value',
  description: 'Creates the key, or replaces its value: that needs the current `_ver_` inside `v`, or `If-Match`. `"_ver_":"_splat_"` overwrites whatever is there.',
  parameters: writeParameters,
  body: dataWriteBodySchema,
  answer: written,
  headers: ['ETag', 'X-KV4-Durable'],
  errors: writeErrors,
  examples: [
    { name: 'create', summary: 'A new key', path: 'rooms/kitchen', body: { k: 'lamp', v: { on: true } }, answer: { v: { on: true, _ver_: lamp }, s: 'ok' } },
    { name: 'replace', summary: 'A new value, with the version that was read', path: 'rooms/kitchen', body: { k: 'lamp', v: { on: false, _ver_: lamp } }, answer: { v: { on: false, _ver_: brighter }, s: 'ok' } },
    { name: 'no-version', summary: 'Without the version of a key that exists', path: 'rooms/kitchen', parameters: { Prefer: 'status=http' }, body: { k: 'lamp', v: { on: true } }, status: 428, answer: { v: '_ver_missing', s: 'error' } },
    { name: 'stale-version', summary: 'Somebody else was faster', path: 'rooms/kitchen', parameters: { Prefer: 'status=http', 'If-Match': `"${lamp}"` }, body: { k: 'lamp', v: { on: true } }, status: 412, answer: { v: 'version_conflict', s: 'error' } },
    { name: 'as-record', summary: 'Answered as a whole record, with an additional key', path: 'rooms/kitchen', parameters: { as: 'datum' }, body: { k: 'radio', k2: 'sound', v: { volume: 3 } }, answer: { v: { ...record('radio', '019ac1f2b5000000-n1', { volume: 3 }), m: { k2: 'sound' } }, s: 'ok' } },
    { name: 'no-value', summary: 'A body without v is refused; without `Prefer` the status is 200', path: 'rooms/kitchen', body: { k: 'lamp' }, answer: { v: 'value_missing', s: 'error' } },
  ],
};

const POST: OperationSchema = {
  ...PUT,
  method: 'POST',
  summary: 'Write a value (the same as PUT)',
  description: 'What PUT does.',
  examples: [{ name: 'overwrite', summary: 'Whatever is there', path: 'rooms/kitchen', body: { k: 'clock', v: { hour: 7, _ver_: '_splat_' } }, answer: { v: { hour: 7, _ver_: '019ac1f2b6000000-n1' }, s: 'ok' } }],
};

const PATCH: OperationSchema = {
  ...PUT,
  method: 'PATCH',
  summary: 'Merge fields into a value',
  description: 'Lays the fields of `v` over the stored object. No `_ver_` is needed; one that is given is heeded.',
  examples: [{ name: 'merge', summary: 'One field more', path: 'rooms/kitchen', body: { k: 'clock', v: { minute: 30 } }, answer: { v: { hour: 7, minute: 30, _ver_: '019ac1f2b7000000-n1' }, s: 'ok' } }],
};

const GET: OperationSchema = {
  service: 'data',
  method: 'GET',
  path,
  summary: 'Read a value, a listing, a subtree, a series or an aggregate',
  description: 'With `k` (or `k2`, `k3`, `k4`) one key; without, the path. Scalars and arrays are answered verbatim: their version is the `ETag`.',
  parameters: [
    P.k,
    ...additional,
    P.layer,
    P.as,
    P.tree,
    P.depth,
    ...FRESHNESS,
    ...PAGE,
    P.timeSeries,
    P.order,
    P.gs,
    P.ge,
    P.from,
    P.to,
    P.at,
    P.aggregate,
    P.field,
    P.unit,
    ...WATCH,
    P.scope,
    P.ifNoneMatch,
    ...IN_BUCKET,
  ],
  answer: dataReadAnswerSchema,
  headers: ['ETag', 'X-KV4-Age-Ms', 'X-KV4-Next', 'Link'],
  forms: ['application/x-ndjson', 'text/event-stream'],
  errors: ['not_found', 'bad_name', 'bad_option', 'bad_layer_prefix', 'not_fresh', 'unsupported'],
  examples: [
    { name: 'value', summary: 'The value of a key', path: 'rooms/kitchen', parameters: { k: 'lamp' }, answer: { v: { on: false, _ver_: brighter }, s: 'ok' } },
    { name: 'unchanged', summary: 'A conditional read', path: 'rooms/kitchen', parameters: { k: 'lamp', 'If-None-Match': `"${brighter}"` }, status: 304 },
    { name: 'missing', summary: 'A key that is not there', path: 'rooms/kitchen', parameters: { k: 'kettle', Prefer: 'status=http' }, status: 404, answer: { v: 'not_found', s: 'error' } },
    { name: 'by-additional-key', summary: 'By an additional key', path: 'rooms/kitchen', parameters: { k2: 'sound' }, answer: { v: { volume: 3, _ver_: '019ac1f2b5000000-n1' }, s: 'ok' } },
    { name: 'keys', summary: 'The keys at a path', path: 'rooms/kitchen', answer: { v: ['clock', 'lamp', 'radio'], s: 'ok' } },
    { name: 'page', summary: 'The first page of the keys', path: 'rooms/kitchen', parameters: { limit: '2' }, answer: { v: ['clock', 'lamp'], s: 'ok' } },
    { name: 'subtree', summary: 'Everything beneath a path, as values', path: 'rooms', parameters: { tree: '1', as: 'values' }, answer: { v: [{ hour: 7, minute: 30, _ver_: '019ac1f2b7000000-n1' }, { on: false, _ver_: brighter }, { volume: 3, _ver_: '019ac1f2b5000000-n1' }], s: 'ok' } },
    { name: 'series', summary: 'The versions of a key, newest first', path: 'rooms/kitchen', parameters: { k: 'lamp', time_series: '1' }, answer: { v: [[1764380060, '$sys', { on: false, _ver_: brighter }], [1764380000, '$sys', { on: true, _ver_: lamp }]], s: 'ok' }, varies: ['/v/*/0'] },
    { name: 'aggregate', summary: 'Measures over a series', path: 'rooms/kitchen', parameters: { k: 'radio', aggregate: '1', field: 'volume' }, answer: { v: { total: { sum: 3, min: 3, max: 3, count: 1, avg: 3, p50: 3, p95: 3, p99: 3 } }, s: 'ok' } },
    { name: 'lines', summary: 'One JSON text per line, without envelope', path: 'rooms/kitchen', parameters: { Accept: 'application/x-ndjson' }, form: 'application/x-ndjson', answer: '"clock"\n"lamp"\n"radio"\n' },
    { name: 'watch', summary: 'Follow a key; events come as they happen', path: 'rooms/kitchen', parameters: { watch: '1', k: 'lamp' }, form: 'text/event-stream', answer: `event: put\ndata: ${JSON.stringify(record('lamp', brighter, { on: false }))}\n\nevent: end-of-initial\ndata: {}\n\n` },
    { name: 'bad-option', summary: 'A parameter that cannot be used', path: 'rooms/kitchen', parameters: { k: 'lamp', max_age: 'soon', Prefer: 'status=http' }, status: 400, answer: { v: 'bad_option', s: 'error' } },
  ],
};

const DELETE: OperationSchema = {
  service: 'data',
  method: 'DELETE',
  path,
  summary: 'Delete a key, a path or a subtree',
  description: 'With `k` one key; without, the keys at the path, with `subtree=1` those beneath it too. Answers how many there were.',
  parameters: [P.k, P.layer, P.subtree, P.version, P.ifMatch, ...IN_BUCKET],
  answer: countSchema,
  headers: ['ETag', 'X-KV4-Durable'],
  errors: ['bad_name', 'bad_option', '_ver_missing', 'version_conflict', 'bad_layer_prefix', 'outcome_unknown'],
  examples: [
    { name: 'key', summary: 'One key', path: 'rooms/kitchen', parameters: { k: 'clock' }, answer: { v: 1, s: 'ok' } },
    { name: 'nothing', summary: 'What is not there', path: 'rooms/kitchen', parameters: { k: 'clock' }, answer: { v: 0, s: 'ok' } },
    { name: 'subtree', summary: 'Everything beneath a path', path: 'rooms', parameters: { subtree: '1' }, answer: { v: 2, s: 'ok' } },
  ],
};

/** Operations of `_data`. */
export const DATA_OPERATIONS: readonly OperationSchema[] = [PUT, POST, PATCH, GET, DELETE];
