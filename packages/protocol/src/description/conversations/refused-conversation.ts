import type { Conversation } from './conversation.ts';

/** What is refused, before a login and after it; the login is by the token of the conversation before. */
export const REFUSED_CONVERSATION: Conversation = {
  name: 'refused',
  summary: 'What is refused, and why',
  steps: [
    { name: 'ping', summary: 'Before a login only this is answered', sends: { id: 1, op: 'ping' }, tells: [{ id: 1, result: { timeMs: 1764380010000 } }] },
    {
      name: 'not-logged-in',
      summary: 'Before a login',
      sends: { id: 2, op: 'get', path: '/rooms/kitchen', key: 'lamp' },
      tells: [{ id: 2, error: { error: 'unauthorized', code: 'WEBSOCKET_NOT_LOGGED_IN', message: 'log in first, or again' } }],
    },
    {
      name: 'wrong-secret',
      summary: 'A login that is wrong',
      sends: { id: 3, op: 'login', account: '$sys', secret: 'a guess' },
      tells: [{ id: 3, error: { error: 'unauthorized', code: 'ACCOUNTS_UNAUTHORIZED', message: 'the login is wrong, or not active' } }],
    },
    { name: 'login-token', summary: 'By token', sends: { id: 4, op: 'login', token: 'eyJsb2dpbiI6eyJraW5kIjoic3lzdGVtIn19.c2lnbmF0dXJl' }, tells: [{ id: 4, result: { bucket: '$sys', author: '$sys' } }] },
    {
      name: 'login-twice',
      summary: 'A second login',
      sends: { id: 5, op: 'login', account: '$sys', secret: 'secret' },
      tells: [{ id: 5, error: { error: 'unauthorized', code: 'WEBSOCKET_FORBIDDEN', message: 'a connection logs in once' } }],
    },
    {
      name: 'token-by-token',
      summary: 'A further token, for who came with one',
      sends: { id: 6, op: 'token' },
      tells: [{ id: 6, error: { error: 'unauthorized', code: 'WEBSOCKET_FORBIDDEN', message: 'who logged in with a token gets no further one' } }],
    },
    {
      name: 'other-layer',
      summary: 'A layer of another service',
      sends: { id: 7, op: 'get', path: '/', layer: '*acc', key: 'elena' },
      tells: [{ id: 7, error: { error: 'bad_layer_prefix', code: 'WEBSOCKET_LAYER_NOT_ALLOWED', message: 'this layer belongs to another service' } }],
    },
    { name: 'no-object', summary: 'No JSON object', sends: [], tells: [{ id: null, error: { error: 'bad_body', code: 'WEBSOCKET_BAD_MESSAGE', message: 'a message is one JSON object, nested at most 128 deep' } }] },
    {
      name: 'unknown-operation',
      summary: 'An operation that there is not',
      sends: { id: 8, op: 'fetch' },
      tells: [{ id: 8, error: { error: 'method_not_allowed', code: 'WEBSOCKET_UNKNOWN_OPERATION', message: 'op: there is no such operation' } }],
    },
    {
      name: 'unknown-field',
      summary: 'A field that is not known',
      sends: { id: 9, op: 'get', path: '/rooms', key: 'lamp', colour: 'red' },
      tells: [{ id: 9, error: { error: 'bad_option', code: 'WEBSOCKET_BAD_FIELD', message: 'there is no such field: "colour"' } }],
    },
    {
      name: 'no-value',
      summary: 'A write without a value',
      sends: { id: 10, op: 'put', path: '/rooms', key: 'lamp' },
      tells: [{ id: 10, error: { error: 'value_missing', code: 'WEBSOCKET_VALUE_MISSING', message: 'value: is missing' } }],
    },
  ],
};
