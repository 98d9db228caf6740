import type { Conversation } from './conversation.ts';

const path = '/garden';
const position = '6f1d1f324d978a0c1c1bb7de5a661017.pluvovld6v.mx1jg3bo.8-x1Iym7wXcBZSjQPtlamIV_yA';
const GATE = { version: '019ac1f2c0000000-n1', timeMs: 1764380020000 };
const LIGHT = { version: '019ac1f2c1000000-n1', timeMs: 1764380021000 };
const BRIGHTER = { version: '019ac1f2c2000000-n1', timeMs: 1764380022000 };

const gate = { path, key: 'gate', value: 'shut', ...GATE, author: '$sys', revision: '1-7a70c1b2' };
const light = { path, key: 'light', value: 1, ...LIGHT, author: '$sys', revision: '1-5e75a521' };
const brighter = { path, key: 'light', value: 2, ...BRIGHTER, author: '$sys', revision: '2-0fee61e5' };
const deletion = { version: '019ac1f2c3000000-n1', timeMs: 1764380023000 };
const closing = { error: 'unavailable', code: 'WEBSOCKET_GOING_AWAY', message: 'the neuron is closing: connect to another, or again' };

/** Watches with their events and credit; at its end the neuron closes. */
export const WATCH_CONVERSATION: Conversation = {
  name: 'watches',
  summary: 'A path is watched until the neuron closes',
  steps: [
    { name: 'login-again', summary: 'Any login will do', sends: { id: 1, op: 'login', account: '$sys', secret: 'secret' }, tells: [{ id: 1, result: { bucket: '$sys', author: '$sys' } }] },
    { name: 'gate', summary: 'Something to watch', sends: { id: 2, op: 'put', path, key: 'gate', value: 'shut' }, tells: [{ id: 2, result: { ...GATE, durable: true } }] },
    { name: 'light', summary: 'And more of it', sends: { id: 3, op: 'put', path, key: 'light', value: 1 }, tells: [{ id: 3, result: { ...LIGHT, durable: true } }] },
    {
      name: 'watch',
      summary: 'The keys at a path; one event is granted ahead',
      sends: { id: 4, op: 'watch', scope: 'path', path, credit: 1 },
      tells: [{ id: 4, result: { credit: 1 } }, { watch: 4, event: 'put', position, record: gate }],
    },
    {
      name: 'credit',
      summary: 'A hundred further events are granted',
      sends: { op: 'credit', watch: 4, events: 100 },
      tells: [{ watch: 4, event: 'put', position, record: light }, { watch: 4, event: 'end-of-initial', position }],
    },
    {
      name: 'watch-id-in-use',
      summary: 'A second watch with the id of one that is open',
      sends: { id: 4, op: 'watch', scope: 'tree', path: '/' },
      tells: [{ id: 4, error: { error: 'bad_option', code: 'WEBSOCKET_ID_IN_USE', message: 'a watch of this id is open' } }],
    },
    {
      name: 'change',
      summary: 'What changes is told',
      sends: { id: 5, op: 'put', path, key: 'light', value: 2 },
      tells: [{ id: 5, result: { ...BRIGHTER, durable: true } }, { watch: 4, event: 'put', position, record: brighter, previous: light }],
    },
    {
      name: 'removal',
      summary: 'What is deleted too',
      sends: { id: 6, op: 'delete', path, key: 'light' },
      tells: [{ id: 6, result: { ...deletion, durable: true } }, { watch: 4, event: 'delete', position, path, key: 'light', version: deletion.version, previous: brighter }],
    },
    { name: 'stop', summary: 'The watch ends, and nothing more is told', sends: { id: 7, op: 'stop', watch: 4 }, tells: [{ id: 7, result: true }] },
    { name: 'stop-again', summary: 'There is no such watch any more', sends: { id: 8, op: 'stop', watch: 4 }, tells: [{ id: 8, result: false }] },
    {
      name: 'resume',
      summary: 'Going on behind a position that the neuron cannot resume from: events may have been missed, and what is there follows again',
      sends: { id: 9, op: 'watch', scope: 'layer', after: 'a-position-of-another-database' },
      tells: [{ id: 9, result: { credit: 1000 } }, { watch: 9, event: 'reset', position, reason: 'position-unknown' }, { watch: 9, event: 'put', position, record: gate }, { watch: 9, event: 'end-of-initial', position }],
    },
    {
      name: 'watch-key',
      summary: 'One key; the values that are there are left out',
      sends: { id: 10, op: 'watch', scope: 'key', path, key: 'bell', initial: false },
      tells: [{ id: 10, result: { credit: 1000 } }],
    },
    {
      name: 'going-away',
      summary: 'The neuron is told to close: it says so, ends the watches, and closes the connection with 1001',
      tells: [{ notice: 'go-away', graceMs: 10_000 }, { watch: 9, event: 'end', error: closing }, { watch: 10, event: 'end', error: closing }],
    },
  ],
};
