import { PARTICIPANTS, SIGNALLING_STEPS } from './conversations/signalling-conversation.ts';
import type { DocumentPart, SchemaCollection } from './json-schemas.ts';
import { sentName, SIGNALLING_MESSAGES, toldName, type SignallingMessage } from './signalling-messages.ts';

/** Fields of frames and events whose values differ from run to run. */
const VARYING = ['s', 'n', 'q', 'position', 'session', 'after', 'sentAtMs', 'previous'];

interface Placed {
  readonly message: string;
  readonly example: string;
  readonly summary: string;
  readonly payload: unknown;
}

/** Signalling, event streams and polling, as parts of the AsyncAPI document. */
export function signallingParts(schemas: SchemaCollection): { readonly channels: DocumentPart; readonly operations: DocumentPart; readonly messages: DocumentPart; readonly conversation: DocumentPart } {
  const examples: Placed[] = [];
  const steps = SIGNALLING_STEPS.map(({ name, summary, by, does, sends, tells }) => {
    const place = (message: string, example: string, payload: unknown) => {
      const count = examples.filter((one) => one.message === message && one.example.replace(/-\d+$/, '') === example).length;
      const unique = count === 0 ? example : `${example}-${count + 1}`;
      examples.push({ message, example: unique, summary, payload });
      return { message, example: unique };
    };
    return {
      name,
      summary,
      ...(by === undefined ? {} : { by }),
      does,
      ...(sends === undefined ? {} : { sends: place(sentName(sends), name, sends) }),
      tells: tells.map(({ to, event, payload }) => {
        const varies = varyingPointers(payload);
        return { to, ...place(toldName(payload, event), name, payload), ...(varies.length === 0 ? {} : { 'x-varies': varies }) };
      }),
    };
  });
  return {
    channels: channels(),
    operations: operations(),
    messages: Object.fromEntries(SIGNALLING_MESSAGES.map((message) => [message.name, messagePart(message, schemas, examples)])),
    conversation: { participants: PARTICIPANTS, steps },
  };
}

function varyingPointers(part: unknown, pointer = ''): string[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) => (!Array.isArray(part) && VARYING.includes(name) ? [`${pointer}/${name}`] : varyingPointers(value, `${pointer}/${name}`)));
}

function messagePart({ name, summary, schema, place, event }: SignallingMessage, schemas: SchemaCollection, examples: readonly Placed[]): DocumentPart {
  const given = examples.filter(({ message }) => message === name).map(({ example, summary: about, payload }) => ({ name: example, summary: about, payload }));
  return { name, title: name, summary, ...(event === undefined ? {} : { 'x-event': event }), payload: schemas.add(schema, place === 'client' ? 'input' : 'output'), examples: given };
}

function namesIn(...places: readonly SignallingMessage['place'][]): readonly string[] {
  return SIGNALLING_MESSAGES.filter(({ place }) => places.includes(place)).map(({ name }) => name);
}

function channels(): DocumentPart {
  const messages = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
  const http = [{ $ref: '#/servers/rest' }];
  const token = { description: 'a token of `PUT /_token`; with one for every channel, the channel follows it: `/ws/v2/{token}/chat/lobby`' };
  const text = (description: string) => ({ type: 'string', description });
  return {
    signalling: {
      address: '/ws/v2/{token}',
      title: 'signalling',
      description: 'The same at `/ws/v1/{token}`, and at both without `/ws`. Frames are text. Close codes stand in the README of @xir/signalling.',
      parameters: { token },
      messages: messages(namesIn('client', 'frame')),
      bindings: { ws: { method: 'GET', query: { type: 'object', properties: { device: text('tells the devices of a user apart'), since: text('the last position that the client knows; empty: from now on'), details: text('`1`: devices, states, times') } }, bindingVersion: '0.1.0' } },
    },
    peer: {
      address: '/_peer/{path}',
      title: 'signalling without a WebSocket',
      description: 'Server-sent events with `Accept: text/event-stream`: `open`, then frames as `message`, their position as id, and `end`. Otherwise a poll. What such a peer sends goes to `POST /_peer` (/openapi.json).',
      servers: http,
      parameters: { path: { description: 'the channel; may be left out where the token names it' } },
      messages: messages([...namesIn('frame', 'peer', 'poll'), 'streamEndEvent']),
    },
    listen: {
      address: '/_messages/{path}',
      title: 'listening to channels',
      description: 'Server-sent events with `watch=1`, for servers with the login of an account; `subtree=1`: all channels beneath the path too. The position of a message is the id of its event.',
      servers: http,
      parameters: { path: { description: 'the channel' } },
      messages: messages(namesIn('listen')),
    },
  };
}

function operations(): DocumentPart {
  const operation = (action: 'send' | 'receive', channel: string, [title, summary, names]: readonly [string, string, readonly string[]]) => ({
    action,
    channel: { $ref: `#/channels/${channel}` },
    title,
    summary,
    messages: names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  });
  return {
    takeFrame: operation('receive', 'signalling', ['what clients say', 'Take a frame of a client', namesIn('client')]),
    tellFrame: operation('send', 'signalling', ['what clients are told', 'Tell a client what happens on its channel', namesIn('frame')]),
    tellPeer: operation('send', 'peer', ['what streams are told', 'Tell a peer over HTTP what happens on its channel', [...namesIn('frame', 'peer'), 'streamEndEvent']]),
    answerPoll: operation('send', 'peer', ['what polls are answered', 'Answer a poll', namesIn('poll')]),
    tellListener: operation('send', 'listen', ['what listeners are told', 'Tell a server what is said on channels', namesIn('listen')]),
  };
}
