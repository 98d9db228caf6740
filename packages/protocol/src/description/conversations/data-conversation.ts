import type { Conversation } from './conversation.ts';

const path = '/rooms/kitchen';
const LAMP = { version: '019ac1f2b3c40000-n1', timeMs: 1764380000000 };
const RADIO = { version: '019ac1f2b4000000-n1', timeMs: 1764380001000 };
const CLOCK = { version: '019ac1f2b4800000-n1', timeMs: 1764380002000 };
/** The version of no value of the examples. */
const STALE_VERSION = '019ac1f200000000-n1';

const lamp = { value: { on: true }, ...LAMP, author: '$sys', revision: '1-7a70c1b2' };
const radio = { value: { volume: 3 }, ...RADIO, author: '$sys', secondary: { k2: 'sound' }, revision: '1-5e75a521' };
const clock = { path, key: 'clock', value: { hour: 7, minute: 30 }, ...CLOCK, author: '$sys', revision: '2-a8165a29' };
const clockBefore = { path, key: 'clock', value: { hour: 7, minute: 30 }, ...CLOCK, author: '$sys', deleted: false };
const measures = { sum: 3, min: 3, max: 3, count: 1, avg: 3, p50: 3, p95: 3, p99: 3 };
const afterClock = 'ZCEkc3lzISpkYXRhIXJvb21zIWtpdGNoZW4hIWNsb2Nr';

/** Every operation on values. */
export const DATA_CONVERSATION: Conversation = {
  name: 'data',
  summary: 'Values are written, read and deleted',
  steps: [
    { name: 'login', summary: 'The system login of a fresh neuron', sends: { id: 1, op: 'login', account: '$sys', secret: 'secret' }, tells: [{ id: 1, result: { bucket: '$sys', author: '$sys' } }] },
    { name: 'create', summary: 'A key that must not be there yet', sends: { id: 2, op: 'put', path, key: 'lamp', value: { on: true }, condition: { type: 'absent' } }, tells: [{ id: 2, result: { ...LAMP, durable: true } }] },
    {
      name: 'exists-already',
      summary: 'It is there now',
      sends: { id: 3, op: 'put', path, key: 'lamp', value: { on: false }, condition: { type: 'absent' } },
      tells: [{ id: 3, error: { error: 'version_conflict', code: 'KV4_ALREADY_EXISTS', message: 'the key exists already', version: LAMP.version } }],
    },
    {
      name: 'stale-version',
      summary: 'Compare and set, with a version that does not stand any more',
      sends: { id: 4, op: 'put', path, key: 'lamp', value: { on: false }, condition: { type: 'version', version: STALE_VERSION } },
      tells: [{ id: 4, error: { error: 'version_conflict', code: 'KV4_VERSION_CONFLICT', message: 'another version stands', version: LAMP.version } }],
    },
    {
      name: 'no-version',
      summary: "v3's rule: who overwrites names the version",
      sends: { id: 5, op: 'put', path, key: 'lamp', value: { on: false }, condition: { type: 'locked' } },
      tells: [{ id: 5, error: { error: '_ver_missing', code: 'KV4_VERSION_MISSING', message: 'the key exists, and the write names no version', version: LAMP.version } }],
    },
    {
      name: 'put-record',
      summary: 'With a secondary key, answered as the whole record',
      sends: { id: 6, op: 'put', path, key: 'radio', value: { volume: 3 }, secondary: { k2: 'sound' }, answer: 'record' },
      tells: [{ id: 6, result: { ...RADIO, durable: true, record: radio } }],
    },
    { name: 'put-expiring', summary: 'Gone after an hour', sends: { id: 7, op: 'put', path, key: 'clock', value: { hour: 7 }, expiresInMs: 3_600_000 }, tells: [{ id: 7, result: { version: '019ac1f2b4700000-n1', timeMs: 1764380001500, durable: true } }] },
    { name: 'merge', summary: 'One field more; a write without `expiresInMs` stays', sends: { id: 8, op: 'put', path, key: 'clock', value: { minute: 30 }, merge: true }, tells: [{ id: 8, result: { ...CLOCK, durable: true } }] },
    { name: 'get', summary: 'One value', sends: { id: 9, op: 'get', path, key: 'lamp' }, tells: [{ id: 9, result: lamp, ageMs: 12 }] },
    { name: 'get-nothing', summary: 'Nothing is there', sends: { id: 10, op: 'get', path, key: 'kettle' }, tells: [{ id: 10, result: null, ageMs: 12 }] },
    { name: 'get-fresh', summary: 'Proved current; ids may be texts', sends: { id: 'fresh', op: 'get', path, key: 'lamp', fresh: true }, tells: [{ id: 'fresh', result: lamp, ageMs: 1 }] },
    { name: 'find', summary: 'By a secondary key', sends: { id: 11, op: 'find', path, by: 'k2', value: 'sound' }, tells: [{ id: 11, result: { path, key: 'radio', ...radio }, ageMs: 12 }] },
    { name: 'keys', summary: 'The first page of the keys at a path', sends: { id: 12, op: 'keys', path, limit: 1 }, tells: [{ id: 12, result: { items: ['clock'], next: afterClock }, ageMs: 12 }] },
    { name: 'keys-more', summary: 'The rest of them', sends: { id: 13, op: 'keys', path, after: afterClock }, tells: [{ id: 13, result: { items: ['lamp', 'radio'] }, ageMs: 12 }] },
    { name: 'list', summary: 'The records at a path', sends: { id: 14, op: 'list', path, limit: 1 }, tells: [{ id: 14, result: { items: [clock], next: afterClock }, ageMs: 12 }] },
    { name: 'tree', summary: 'The records at a path and beneath it', sends: { id: 15, op: 'tree', path: '/rooms', depth: 1, limit: 1 }, tells: [{ id: 15, result: { items: [clock], next: afterClock }, ageMs: 12 }] },
    { name: 'paths', summary: 'The paths beneath the root', sends: { id: 16, op: 'paths', path: '/' }, tells: [{ id: 16, result: { items: [path] }, ageMs: 12 }] },
    // A neuron that has run for a while has written measurements, in a layer of their own.
    { name: 'layers', summary: 'The layers of the bucket', sends: { id: 17, op: 'layers' }, tells: [{ id: 17, result: { items: ['*data', '*leases', '*links'] }, ageMs: 12 }], varies: ['/result/items'] },
    { name: 'series', summary: 'The versions of a key, newest first', sends: { id: 18, op: 'series', path, key: 'lamp' }, tells: [{ id: 18, result: { items: [{ value: { on: true }, ...LAMP, author: '$sys', deleted: false }] } }] },
    { name: 'at', summary: 'Before it was written', sends: { id: 19, op: 'at', path, key: 'lamp', timeMs: 1_000_000_000_000 }, tells: [{ id: 19, result: null }] },
    {
      name: 'at-later',
      summary: 'As it will be in the year 2100, when nothing happens until then',
      sends: { id: 20, op: 'at', path, key: 'radio', timeMs: 4_102_444_800_000 },
      tells: [{ id: 20, result: { value: { volume: 3 }, ...RADIO, author: '$sys', deleted: false } }],
    },
    { name: 'tree-at', summary: 'A subtree at a moment', sends: { id: 21, op: 'tree-at', path: '/rooms', timeMs: 4_102_444_800_000, limit: 1 }, tells: [{ id: 21, result: { items: [clockBefore], next: afterClock } }] },
    {
      name: 'aggregate',
      summary: 'Measures over the series of a key, also by year',
      sends: { id: 22, op: 'aggregate', path, key: 'radio', field: 'volume', groupBy: 'year' },
      tells: [{ id: 22, result: { total: measures, groups: { 2025: measures } } }],
      varies: ['/result/groups'],
    },
    {
      name: 'batch',
      summary: 'Three requests at once; each succeeds or fails by itself',
      sends: { id: 23, op: 'batch', requests: [{ op: 'get', path, key: 'radio' }, { op: 'put', path: '/rooms/hall', key: 'lamp', value: 1 }, { op: 'delete', path: '/rooms/hall', key: 'door', condition: { type: 'present' } }] },
      tells: [{ id: 23, result: [{ result: radio, ageMs: 12 }, { result: { version: '019ac1f2b5000000-n1', timeMs: 1764380003000, durable: true } }, { error: { error: 'not_found', code: 'KV4_NOT_FOUND', message: 'no such key' } }] }],
    },
    { name: 'delete', summary: 'One key', sends: { id: 24, op: 'delete', path, key: 'lamp' }, tells: [{ id: 24, result: { version: '019ac1f2b5800000-n1', timeMs: 1764380004000, durable: true } }] },
    { name: 'delete-nothing', summary: 'There was nothing', sends: { id: 25, op: 'delete', path, key: 'lamp' }, tells: [{ id: 25, result: null }] },
    { name: 'delete-path', summary: 'The keys at a path', sends: { id: 26, op: 'delete-path', path: '/rooms/hall' }, tells: [{ id: 26, result: { count: 1 } }] },
    { name: 'delete-tree', summary: 'Everything beneath a path', sends: { id: 27, op: 'delete-tree', path: '/rooms' }, tells: [{ id: 27, result: { count: 2 } }] },
    { name: 'token', summary: 'A token that stands for this login for five minutes', sends: { id: 28, op: 'token', expiresInSeconds: 300 }, tells: [{ id: 28, result: { token: 'eyJsb2dpbiI6eyJraW5kIjoic3lzdGVtIn19.c2lnbmF0dXJl', expiresAtMs: 1764380305000 } }] },
  ],
};
