import { request as httpRequest, type IncomingMessage } from 'node:http';

import { createAccounts, type Accounts } from '@xir/accounts';
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { createRestHandler, createRestServer, type RestHandler, type RestLimits } from '@xir/rest';
import { InMemoryNetwork, openRouter, withSubscriptions, type Message, type Receiver, type Router, type RouterLimits } from '@xir/router';
import { TokenGate } from '@xir/signalling';
import { systemClock } from '@xir/couch-client';
import { expect, vi } from 'vitest';

import { createMessaging, type Messaging, type MessagingOptions } from '../src/index.ts';

export const BUCKET = 'elena';

/** An answer's envelope; `v` is whatever it is. */
export interface Answer {
  readonly v: any;
  readonly s: 'ok' | 'error';
  readonly code: string | undefined;
}

/** A neuron with REST on a port of its own. */
export interface TestNeuron {
  readonly name: string;
  readonly router: Router;
  readonly handler: RestHandler;
  readonly messaging: Messaging;
  readonly url: string;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A token for a channel, made without the channel having been created. */
  token(user: string, path: string | null, more?: { readonly expired?: boolean }): string;
  events(path: string, headers?: Readonly<Record<string, string>>): Promise<EventReader>;
}

export interface TestSystem extends AsyncDisposable {
  readonly accounts: Accounts;
  readonly store: MemoryReferenceStore;
  open(name: string, options?: { readonly messaging?: Partial<MessagingOptions>; readonly rest?: Partial<RestLimits>; readonly router?: Partial<RouterLimits> }): Promise<TestNeuron>;
}

const LOGIN = `Basic ${Buffer.from('elena:elenas').toString('base64')}`;

export async function openSystem(): Promise<TestSystem> {
  const stored = new MemoryReferenceStore();
  const network = new InMemoryNetwork();
  const accounts = createAccounts({ store: stored, systemSecret: 'secret', hashing: { costLog2: 4 } });
  const gate = new TokenGate({ store: stored, clock: systemClock });
  const closers: (() => Promise<unknown>)[] = [() => accounts.close()];
  let isFirst = true;
  return {
    accounts,
    store: stored,
    async open(name, options = {}) {
      const router = await openRouter({ store: stored, ...network.start(name), limits: options.router ?? {}, history: ({ path }) => (path.startsWith('/kept') ? { layer: '*messages' } : undefined), presence: ({ path }) => (path === '/stage' ? 'listed' : 'told') });
      const store = withSubscriptions({ store: stored, router, onKick: (kick) => gate.note(kick) });
      const messaging = createMessaging({ router, mayConnect: (claims, path) => gate.mayConnect(claims, path), ...options.messaging });
      const handler = createRestHandler({ store, accounts, systemSecret: 'secret', neuron: name, services: messaging.services, limits: options.rest ?? {}, apiStats: false });
      const server = await createRestServer({ handler, port: 0, drainMs: 1_000 });
      closers.push(async () => {
        messaging.close();
        await server.close();
        await router.close();
      });
      const call: TestNeuron['call'] = async (method, path, body, headers = { authorization: LOGIN }) => {
        const response = await fetch(server.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
        return { ...((await response.json()) as { v: unknown; s: 'ok' | 'error' }), code: response.headers.get('x-kv4-error') ?? undefined };
      };
      if (isFirst) {
        isFirst = false;
        const system = { authorization: `Basic ${Buffer.from('$sys:secret').toString('base64')}` };
        expect(await call('PUT', '/_acc/accounts', { k: 'elena', v: { email: 'elena@example.org', secret: 'elenas' } }, system)).toMatchObject({ s: 'ok' });
      }
      const token: TestNeuron['token'] = (user, path, { expired = false } = {}) => {
        const now = Math.floor(Date.now() / 1000);
        return handler.tokens.sign({ ar: { pri: BUCKET, sec: null }, dr: { k: user, l: '*subs', p: path }, exp: expired ? now - 1 : now + 60, iat: now, jti: String(Math.random()) });
      };
      const events: TestNeuron['events'] = (path, headers = {}) => EventReader.open(server.url + path, headers);
      return { name, router, handler, messaging, url: server.url, call, token, events };
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
    },
  };
}

/** A server-sent event. */
export interface ReadEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: any;
}

/** Reads server-sent events. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  readonly response: IncomingMessage;
  isOver = false;
  #text = '';

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#take(chunk));
    response.on('close', () => (this.isOver = true));
    response.on('error', () => (this.isOver = true));
  }

  static open(url: string, headers: Readonly<Record<string, string>>): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(url, { headers: { authorization: LOGIN, accept: 'text/event-stream', ...headers }, agent: false });
      request.once('error', reject);
      request.once('response', (response) => resolve(new EventReader(response)));
      request.end();
    });
  }

  /** The events of a name, once there are so many. */
  async until(name: string, count = 1): Promise<ReadEvent[]> {
    const found = () => this.events.filter(({ event }) => event === name);
    await until(() => found().length >= count);
    return found();
  }

  /** The operations and contents of signalling frames. */
  get frames(): (readonly [string, unknown])[] {
    return this.events.filter(({ event }) => event === 'message').map(({ data }) => [data.m.o, data.p] as const);
  }

  close(): void {
    this.response.destroy();
  }

  #take(chunk: string): void {
    this.#text += chunk;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const fields = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const of = (name: string) => fields.filter((field) => field.startsWith(`${name}: `)).map((field) => field.slice(name.length + 2));
      const data = of('data').join('\n');
      if (data !== '') this.events.push({ event: of('event')[0] ?? 'message', id: of('id')[0], data: JSON.parse(data) });
    }
  }
}

/** Waits until a fact holds. */
export async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await fact()).toBe(true), { timeout: 15_000, interval: 5 });
}

/** A receiver that keeps what it is sent. */
export function keepingReceiver(): Receiver & { readonly contents: unknown[]; readonly messages: Message[] } {
  const messages: Message[] = [];
  return {
    messages,
    get contents() {
      return messages.map(({ content }) => JSON.parse(content) as unknown);
    },
    deliver(message, onWritten) {
      messages.push(message);
      onWritten?.(true);
    },
    end: () => undefined,
  };
}
