import { historyAnswerSchema, holdAnswerSchema, holdBodySchema, peerBodySchema, peerSendAnswerSchema, pollAnswerSchema, publishAnswerSchema, publishBodySchema } from '../messaging.ts';
import type { OperationSchema } from '../operation.ts';
import { ANY, IN_BUCKET, PARAMETERS as P } from '../parameters.ts';
import { countSchema } from '../values.ts';

const messages = '/_messages/{path}';
const peer = '/_peer/{path}';
const position = '019ac1f2b8000000-n1';
const second = '019ac1f2b8000001-n1';
const session = '5f7c1a52-1d0e-4a7e-9d0c-0b4d6f2e8a11';
const token = 'eyJhbGciOiJIUzI1NiJ9.eyJrIjoicm9ib3QifQ.aGVsZA';
const report = (reached: number) => ({ reached, written: 0, undelivered: [] });
const publishErrors = ['bad_value', 'bad_option', 'bad_name', 'bad_body', 'rate_limited'] as const;
const peerErrors = ['bad_option', 'not_found', 'bad_body'] as const;
const peerParameters = [P.token, P.device, ...ANY];
const frameOf = (operation: string, from: string, content: unknown) => ({ t: 'u', m: { f: from, o: operation, t: null }, p: content });

const PUBLISH: OperationSchema = {
  service: 'messages',
  method: 'PUT',
  path: messages,
  summary: 'Publish to channels',
  description: 'One message, a batch (`messages`), or one message to several channels (`paths`); a batch is answered message by message.',
  parameters: IN_BUCKET,
  body: publishBodySchema,
  answer: publishAnswerSchema,
  errors: publishErrors,
  examples: [
    { name: 'kept', summary: 'To a channel that keeps its messages', path: 'kept/news', body: { k: 'server', v: { title: 'Hello' }, id: 'news-1' }, answer: { v: { ...report(0), position }, s: 'ok' } },
    { name: 'absent', summary: 'To a user who is not there', path: 'chat/lobby', body: { to: 'elena', v: 'Are you there?' }, answer: { v: { reached: 0, written: 0, undelivered: [{ reason: 'absent' }] }, s: 'ok' } },
    {
      name: 'batch',
      summary: 'Several messages; one of them is refused',
      path: 'kept',
      body: { messages: [{ path: 'news', k: 'server', event: 'headline', v: 'Second' }, { path: 'news', v: 1, to: 'elena', subtree: true }] },
      answer: { v: [{ ...report(0), position: second }, { error: 'bad_option', code: 'MESSAGING_BAD_OPTION', detail: 'to and subtree exclude one another' }], s: 'ok' },
    },
    { name: 'no-content', summary: 'Without content', path: 'chat/lobby', parameters: { Prefer: 'status=http' }, body: {}, status: 400, answer: { v: 'bad_value', s: 'error' } },
  ],
};

/** Operations of messaging over HTTP. */
export const MESSAGING_OPERATIONS: readonly OperationSchema[] = [
  PUBLISH,
  {
    ...PUBLISH,
    method: 'POST',
    summary: 'Publish to channels (the same as PUT)',
    description: 'What PUT does.',
    examples: [{ name: 'several', summary: 'To everybody on several channels, and on those beneath them', path: 'chat', body: { paths: ['lobby', 'cellar'], subtree: true, v: 'Closing time' }, answer: { v: [report(0), report(0)], s: 'ok' } }],
  },
  {
    service: 'messages',
    method: 'GET',
    path: messages,
    summary: 'Read what a channel keeps, or listen',
    description: 'The newest messages, or those behind a position, oldest first. With `watch=1` what comes is told as server-sent events: `message`, `listening` once what was missed was told, `missed`, `end`.',
    parameters: [P.since, P.historyLimit, P.watch, P.listenSubtree, P.lastEventId, ...IN_BUCKET],
    answer: historyAnswerSchema,
    forms: ['text/event-stream'],
    errors: ['no_history', 'bad_option'],
    examples: [
      {
        name: 'newest',
        summary: 'The newest messages',
        path: 'kept/news',
        parameters: { limit: '2' },
        answer: {
          v: {
            messages: [
              { path: '/kept/news', k: 'server', device: 'publisher', event: 'message', sentAtMs: 1764380000000, id: 'news-1', position, previous: null, v: { title: 'Hello' } },
              { path: '/kept/news', k: 'server', device: 'publisher', event: 'headline', sentAtMs: 1764380000500, position: second, previous: position, v: 'Second' },
            ],
            position: second,
            continuous: true,
            more: false,
          },
          s: 'ok',
        },
        varies: ['/v/messages/*/sentAtMs', '/v/messages/1/previous'],
      },
      {
        name: 'since',
        summary: 'What came behind a position',
        path: 'kept/news',
        parameters: { since: position },
        answer: { v: { messages: [{ path: '/kept/news', k: 'server', device: 'publisher', event: 'headline', sentAtMs: 1764380000500, position: second, previous: position, v: 'Second' }], position: second, continuous: true, more: false }, s: 'ok' },
        varies: ['/v/messages/*/sentAtMs', '/v/messages/0/previous'],
      },
      { name: 'no-history', summary: 'Of a channel that keeps none', path: 'chat/lobby', parameters: { Prefer: 'status=http' }, status: 404, answer: { v: 'no_history', s: 'error' } },
      { name: 'listen', summary: 'Listen to a channel', path: 'chat/lobby', parameters: { watch: '1' }, form: 'text/event-stream', answer: 'event: listening\ndata: {"recovered":null,"position":null}\n\n' },
    ],
  },
  {
    service: 'subs',
    method: 'PUT',
    path: '/_subs/{path}',
    summary: 'Put a user onto a channel on its behalf',
    description: 'It is there for `expire` seconds; asked for again it stays. What it is sent waits until it is polled from `_peer` of this neuron, with the token and `after` of the answer.',
    parameters: IN_BUCKET,
    body: holdBodySchema,
    answer: holdAnswerSchema,
    errors: ['bad_option', 'bad_body', 'rate_limited'],
    examples: [{ name: 'hold', summary: 'A robot', path: 'chat/lobby', body: { k: 'robot', v: { kind: 'bot' } }, answer: { v: { key: 'robot', device: 'held', path: '/chat/lobby', token, session, after: `${session}.0`, expire: 60 }, s: 'ok' }, varies: ['/v/session', '/v/after'] }],
  },
  {
    service: 'subs',
    method: 'POST',
    path: '/_subs/{path}',
    summary: 'Put a user onto a channel on its behalf (the same as PUT)',
    parameters: IN_BUCKET,
    body: holdBodySchema,
    answer: holdAnswerSchema,
    errors: ['bad_option', 'bad_body', 'rate_limited'],
    examples: [{ name: 'nobody', summary: 'Without a user', path: 'chat/lobby', body: {}, answer: { v: 'bad_option', s: 'error' } }],
  },
  {
    service: 'peer',
    method: 'GET',
    path: peer,
    summary: 'Be on a channel without a WebSocket',
    description:
      'With a token of `_token`, in the query or as a bearer. With `Accept: text/event-stream` frames of signalling come as server-sent events; otherwise the request waits for frames, and the next one names its `after`. Whoever does not poll again within 30 seconds is gone.',
    parameters: [P.after, P.since, P.wait, P.lastEventId, ...peerParameters],
    answer: pollAnswerSchema,
    forms: ['text/event-stream'],
    errors: peerErrors,
    examples: [
      {
        name: 'poll',
        summary: 'What the robot was sent',
        path: 'chat/lobby',
        parameters: { token, device: 'held', after: `${session}.0`, wait: '0' },
        answer: { v: { frames: [frameOf('peer_connected', 'chat/lobby/robot', 'robot'), frameOf('peers', 'chat/lobby/__sys__', { users: ['robot'] })], after: `${session}.2` }, s: 'ok' },
        varies: ['/v/after'],
      },
      { name: 'no-token', summary: 'Without a token', path: 'chat/lobby', parameters: { Prefer: 'status=http' }, status: 401, answer: { v: 'unauthorized', s: 'error' } },
      { name: 'stream', summary: 'As server-sent events', path: 'chat/lobby', parameters: { token, device: 'desk', Accept: 'text/event-stream' }, form: 'text/event-stream', answer: 'event: open\ndata: {"session":"c1b7a9d4-63f5-4a52-8f5e-9a1f0c2d3e44"}\n\n' },
    ],
  },
  {
    service: 'peer',
    method: 'PUT',
    path: peer,
    summary: 'Send as a peer (the same as POST)',
    parameters: [P.session, ...peerParameters],
    body: peerBodySchema,
    answer: peerSendAnswerSchema,
    errors: peerErrors,
    examples: [{ name: 'no-session', summary: 'Who is not connected cannot send', path: 'chat/lobby', parameters: { token, device: 'held', Prefer: 'status=http' }, body: { t: 'u', m: { o: 'message' }, p: 1 }, status: 404, answer: { v: 'not_found', s: 'error' } }],
  },
  {
    service: 'peer',
    method: 'POST',
    path: peer,
    summary: 'Send as a peer',
    description: 'One frame of signalling, or several in `frames`, to the neuron that the peer is connected to; `session` is what the stream or poll told. Answered frame by frame.',
    parameters: [P.session, ...peerParameters],
    body: peerBodySchema,
    answer: peerSendAnswerSchema,
    errors: peerErrors,
    examples: [
      {
        name: 'send',
        summary: 'A message to everybody, and one that only the server may say',
        path: 'chat/lobby',
        parameters: { token, device: 'held', session },
        body: { frames: [{ t: 'u', m: { o: 'message', a: 'reached' }, p: { msg: 'Hello' } }, { t: 'u', m: { o: 'peers' }, p: {} }] },
        answer: { v: [report(0), { error: 'bad_value', code: 'MESSAGING_BAD_MESSAGE', detail: 'only the server says that' }], s: 'ok' },
      },
    ],
  },
  {
    service: 'peer',
    method: 'DELETE',
    path: peer,
    summary: 'Leave a channel',
    parameters: [P.session, ...peerParameters],
    answer: countSchema,
    errors: peerErrors,
    examples: [{ name: 'leave', summary: 'The robot leaves', path: 'chat/lobby', parameters: { token, device: 'held', session }, answer: { v: 1, s: 'ok' } }],
  },
];
