import { request as httpRequest, type IncomingMessage } from 'node:http';

import { Ajv, type ValidateFunction } from 'ajv';
import { WebSocket } from 'undici';

import type { AsyncApi } from './asyncapi-conversations.ts';
import type { ExampleValues } from './example-values.ts';

interface Told {
  readonly to: string;
  readonly message: string;
  readonly example: string;
  readonly 'x-varies'?: readonly string[];
}

interface Step {
  readonly name: string;
  readonly by?: string;
  readonly does: 'connects' | 'sends' | 'leaves' | 'closes';
  readonly sends?: { readonly message: string; readonly example: string };
  readonly tells: readonly Told[];
}

interface Participant {
  readonly name: string;
  readonly over: 'websocket' | 'events' | 'poll';
  readonly address: string;
}

/** The parts of an AsyncAPI document that the conversation of signalling is made of. */
export interface SignallingApi extends AsyncApi {
  readonly 'x-signalling': { readonly participants: readonly Participant[]; readonly steps: readonly Step[] };
}

interface Received {
  /** The server-sent event; `frame` over a WebSocket, `poll` for the answer to a poll. */
  readonly event: string;
  readonly payload: unknown;
}

/** What a replay needs of the neuron. */
export interface SignallingReplay {
  readonly webSocket: string;
  readonly rest: string;
  readonly authorization: string;
  readonly values: ExampleValues;
  /** Tells the neuron to close. */
  close(): void;
}

/** One participant, connected. */
class Line {
  readonly received: Received[] = [];
  readonly send: (text: string) => void;
  readonly leave: () => void;
  #wake: () => void = () => undefined;

  constructor(send: (text: string) => void, leave: () => void) {
    this.send = send;
    this.leave = leave;
  }

  push(event: string, payload: unknown): void {
    this.received.push({ event, payload });
    this.#wake();
  }

  async next(): Promise<Received> {
    const until = AbortSignal.timeout(5_000);
    for (;;) {
      const next = this.received.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        until.addEventListener('abort', () => reject(new Error('nothing more came')), { once: true });
      });
    }
  }
}

/** Holds the conversation of signalling with a neuron; answers what was wrong, by step, and how many examples were replayed. */
export async function replaySignalling(document: SignallingApi, replay: SignallingReplay) {
  const { values } = replay;
  const ajv = new Ajv({ strict: false, validateSchema: false });
  ajv.addSchema({ $id: 'document', components: document.components });
  const validators = new Map<string, ValidateFunction>();
  const validate = (message: string, payload: unknown) => {
    const schema = JSON.stringify(document.components.messages[message]?.payload).replaceAll('"#/', '"document#/');
    const check = validators.get(message) ?? ajv.compile(JSON.parse(schema) as object);
    validators.set(message, check);
    return check(payload) ? [] : [ajv.errorsText(check.errors)];
  };
  const exampleOf = ({ message, example }: Pick<Told, 'message' | 'example'>) => document.components.messages[message]?.examples.find(({ name }) => name === example)?.payload;
  const { participants, steps } = document['x-signalling'];
  const lines = new Map<string, Line>();
  const problems: Record<string, string[]> = {};
  let replayed = 0;
  for (const { name, by = '', does, sends, tells } of steps) {
    const participant = participants.find((one) => one.name === by);
    if (does === 'closes') replay.close();
    else if (does === 'connects' && participant !== undefined) lines.set(by, await connected(participant, replay));
    else if (does === 'sends') lines.get(by)?.send(values.inserted(JSON.stringify(exampleOf(sends as Told))));
    else lines.get(by)?.leave();
    for (const told of tells) {
      const { event, payload } = (await lines.get(told.to)?.next()) ?? { event: '', payload: undefined };
      const wanted = (document.components.messages[told.message] as { readonly 'x-event'?: string } | undefined)?.['x-event'];
      const wrong = [...values.differences(exampleOf(told), payload, told['x-varies'] ?? []), ...validate(told.message, payload)];
      if (wanted !== undefined && wanted !== event) wrong.push(`it came as ${event}`);
      if (wrong.length > 0) problems[`${name}: ${told.to}: ${told.message}`] = wrong;
    }
    replayed += tells.length + (sends === undefined ? 0 : 1);
  }
  for (const [name, { received }] of lines) if (received.length > 0) problems[`${name} was told besides`] = received.map((one) => JSON.stringify(one));
  return { problems, replayed };
}

async function connected({ name, over, address }: Participant, { rest, webSocket, authorization }: SignallingReplay): Promise<Line> {
  const { v: token } = (await (await fetch(`${rest}/_token/kept/room?k=${name}`, { method: 'PUT', headers: { authorization } })).json()) as { readonly v: string };
  const place = address.replace('{token}', token);
  if (over === 'websocket') {
    const socket = new WebSocket(webSocket.replace(/\/ws$/, '') + place);
    const line = new Line((text) => socket.send(text), () => socket.close());
    socket.addEventListener('message', ({ data }) => line.push('frame', JSON.parse(String(data))));
    return line;
  }
  if (over === 'poll') {
    const { v } = (await (await fetch(rest + place)).json()) as { readonly v: { readonly after: string } };
    const line = new Line(() => undefined, () => void fetch(`${rest}${place}&after=${v.after}`, { method: 'DELETE' }));
    line.push('poll', v);
    return line;
  }
  const headers = place.includes('token=') ? {} : { authorization };
  const response = await new Promise<IncomingMessage>((resolve, reject) => httpRequest(rest + place, { agent: false, headers: { accept: 'text/event-stream', ...headers } }, resolve).once('error', reject).end());
  const line = new Line(() => undefined, () => response.destroy());
  let text = '';
  response.setEncoding('utf8').on('error', () => undefined).on('data', (chunk: string) => {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) line.push(/^event: (.*)$/m.exec(event)?.[1] ?? 'message', JSON.parse(data));
    }
  });
  return line;
}
