import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

import { createAccounts, type Accounts, type CachedStore } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';
import { systemClock } from '@xir/couch-client';
import { MemoryReferenceStore } from '@xir/kv4-testing';

import { createRestHandler, createRestServer, type RestHandler, type RestOptions, type RestServer, type RestServerOptions } from '../src/index.ts';
import { openCouchMemory, openEmbeddedMemory } from './memory-store.ts';
import { peekingStore } from './peeking-store.ts';

export const SYSTEM_SECRET = 'secret';
export const SYSTEM = '$sys:secret';

/** A parsed answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The envelope; fails where the body is not JSON. */
  readonly envelope: { readonly v: any; readonly s: string };
  /** What stands in `v`. */
  readonly v: any;
}

export interface CallOptions {
  /** `user:password`, or null for no header at all; default elena. */
  readonly login?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly raw?: string | Buffer;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface Neuron extends AsyncDisposable {
  readonly store: CachedStore;
  readonly accounts: Accounts;
  readonly handler: RestHandler;
  readonly server: RestServer;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface NeuronOptions {
  readonly store?: CachedStore;
  readonly clock?: Clock;
  readonly rest?: Partial<RestOptions>;
  readonly server?: Partial<RestServerOptions>;
}

/** Kinds of stores the facts are checked on. */
export const STORE_KINDS: ReadonlyArray<readonly [title: string, open: () => Promise<CachedStore>]> = [
  ['on a plain store', async () => new MemoryReferenceStore()],
  ['on a store with a cache', async () => peekingStore(new MemoryReferenceStore())],
  ['on memory with the embedded database', openEmbeddedMemory],
  ...couchKinds(process.env['XIR_TEST_COUCHDB_URL']),
];

function couchKinds(url: string | undefined): Array<readonly [title: string, open: () => Promise<CachedStore>]> {
  return url === undefined ? [] : [['on memory with CouchDB', () => openCouchMemory(url)]];
}

/** A neuron's REST face on a free port, with the account elena (secret `elenas`). */
export async function openNeuron(options: NeuronOptions = {}): Promise<Neuron> {
  const store = options.store ?? new MemoryReferenceStore();
  const clock = options.clock ?? systemClock;
  const accounts = createAccounts({ store, systemSecret: SYSTEM_SECRET, clock, hashing: { costLog2: 4 } });
  const handler = createRestHandler({
    store,
    accounts,
    systemSecret: SYSTEM_SECRET,
    neuron: 'test',
    clock,
    hosts: { signal: ['wss://signal.example:443/ws'], turn: ['turn.example'] },
    turn: { hosts: ['turn.example'], secret: 'shared' },
    ...options.rest,
  });
  const server = await createRestServer({ handler, port: 0, ...options.server });
  const call = (method: string, path: string, callOptions: CallOptions = {}) => send(server, method, { path, ...callOptions });
  const created = await call('PUT', '/_acc/accounts', { login: SYSTEM, body: { k: 'elena', v: { email: 'elena@example.org', secret: 'elenas' } } });
  if (created.envelope.s !== 'ok') throw new Error(`elena could not be created: ${created.text}`);
  return {
    store,
    accounts,
    handler,
    server,
    call,
    async [Symbol.asyncDispose]() {
      await server.close();
      await accounts.close();
      await store.close();
    },
  };
}

function send(server: RestServer, method: string, options: CallOptions & { readonly path: string }): Promise<Answer> {
  const { path, login = 'elena:elenas', body } = options;
  const raw = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: server.host,
      port: server.port,
      method,
      path,
      agent: false,
      headers: {
        ...(login === null ? {} : { authorization: basic(login) }),
        ...(raw === undefined ? {} : { 'content-length': Buffer.byteLength(raw) }),
        ...options.headers,
      },
    });
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          get envelope() {
            return JSON.parse(text) as { v: any; s: string };
          },
          get v() {
            return (JSON.parse(text) as { v: any }).v;
          },
        });
      });
    });
    request.end(raw);
  });
}

export function basic(login: string): string {
  return 'Basic ' + Buffer.from(login).toString('base64');
}
