/** One end of a link between neurons, made of one of three transports, in a process of its own. All with TLS 1.3, both ends proved. */
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { MemoryReferenceStore } from '@xir/kv4-testing';
import type { JsonValue } from '@xir/kv4-core';
import { openTlsLinks } from '@xir/router';
import { Agent, request } from 'undici';

import { percentile } from '../statistics.ts';
import { serve } from './serve.ts';

/** The transports that are compared: the link as it is (frames of a WebSocket over TLS), and batched requests. */
export type LinkKind = 'stream' | 'http1' | 'http2';

/** Both ends use one certificate, for `localhost`. */
interface Credentials {
  readonly key: string;
  readonly cert: string;
}

interface Place {
  readonly kind: LinkKind;
  readonly credentials: Credentials;
  /** The system authority, where the other end has made it. */
  readonly authority?: JsonValue;
  /** Where the other end listens. */
  readonly port?: number;
}

type Send = (message: string, done: () => void) => void;

const AUTHORITY = { bucket: '$sys', layer: '*links', path: '/authority', key: 'certificate' };
/** Messages without an answer at a time. */
const WINDOW = 5000;
/** Most messages of a request. */
const BATCH = 1000;

let received = 0;
let send: Send = () => undefined;

function tls({ key, cert }: Credentials) {
  return { key, cert, ca: cert, minVersion: 'TLSv1.3' as const, requestCert: true, rejectUnauthorized: true };
}

/** As the link packs them: lengths, then texts. */
function pack(messages: readonly string[]): string {
  return `${messages.map(({ length }) => length).join(',')}\n${messages.join('')}`;
}

function unpack(parts: readonly Buffer[]): void {
  const text = Buffer.concat(parts).toString();
  const end = text.indexOf('\n');
  let at = end + 1;
  for (const length of text.slice(0, end).split(',')) {
    const message = text.slice(at, (at += Number(length)));
    if (message !== '') received += 1;
  }
}

/** One request on its way; what comes meanwhile leaves with the next. */
function batching(post: (body: string) => Promise<unknown>): Send {
  let waiting: { readonly message: string; readonly done: () => void }[] = [];
  let isBusy = false;
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      await post(pack(batch.map(({ message }) => message)));
      for (const { done } of batch) done();
    }
    isBusy = false;
  };
  return (message, done) => {
    waiting.push({ message, done });
    if (isBusy) return;
    isBusy = true;
    setImmediate(() => void flush());
  };
}

async function openLink(neuron: string, { authority, port }: Place) {
  const store = new MemoryReferenceStore();
  if (authority !== undefined) await store.put(AUTHORITY, authority);
  const links = await openTlsLinks({ store, systemSecret: 'secret', neuron, host: '127.0.0.1', port: 0, resolve: () => (port === undefined ? undefined : { host: '127.0.0.1', port }) });
  links.onMessages((_, messages) => (received += messages.length));
  return { links, authority: (await store.get(AUTHORITY))?.value };
}

function listening(server: { listen(port: number, host: string, then: () => void): unknown; address(): unknown }): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

serve({
  /** Listens; gives back where, and the authority of a link. */
  async listen(place: Place) {
    const { kind, credentials } = place;
    if (kind === 'stream') {
      const { links, authority } = await openLink('b', place);
      return { port: links.port, authority };
    }
    if (kind === 'http1') {
      const server = createServer(tls(credentials), (incoming, response) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
          unpack(parts);
          response.end();
        });
      });
      return { port: await listening(server) };
    }
    const server = createSecureServer(tls(credentials));
    server.on('stream', (stream) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
        unpack(parts);
        stream.respond({ ':status': 200 });
        stream.end();
      });
    });
    return { port: await listening(server) };
  },
  async connect(place: Place) {
    const { kind, credentials, port = 0 } = place;
    const url = `https://localhost:${port}/`;
    if (kind === 'stream') {
      const { links } = await openLink('a', place);
      send = (message, done) => links.send('b', message, (outcome) => (outcome === 'delivered' ? done() : process.exit(3)));
    } else if (kind === 'http1') {
      const dispatcher = new Agent({ connect: tls(credentials), connections: 1 });
      send = batching(async (body) => (await request(url, { method: 'POST', body, dispatcher })).body.dump());
    } else {
      const session = connectHttp2(url, tls(credentials));
      send = batching(
        (body) =>
          new Promise<void>((resolve, reject) => {
            const stream = session.request({ ':method': 'POST', ':path': '/' });
            stream.on('error', reject).on('end', () => resolve()).resume();
            stream.end(body);
          }),
      );
    }
    await new Promise<void>((resolve) => send('first', resolve));
  },
  received: () => received,
  /** Sends for so long, as many at a time as {@link WINDOW}; gives back how many in a second. */
  async flood({ forMs, message }: { readonly forMs: number; readonly message: string }) {
    const startedMs = performance.now();
    let [sent, taken] = [0, 0];
    await new Promise<void>((resolve) => {
      const fill = (): void => {
        const isOver = performance.now() - startedMs >= forMs;
        if (isOver && taken === sent) return resolve();
        if (isOver || sent - taken > WINDOW / 2) return;
        while (sent - taken < WINDOW) {
          sent += 1;
          send(message, () => {
            taken += 1;
            if (sent - taken <= WINDOW / 2) fill();
          });
        }
      };
      fill();
    });
    return { messages: sent, perSecond: (sent / (performance.now() - startedMs)) * 1000 };
  },
  /** Sends one at a time; gives back how long each took until it was known to be taken. */
  async singles({ count, message }: { readonly count: number; readonly message: string }) {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const startedMs = performance.now();
      await new Promise<void>((resolve) => send(message, resolve));
      times.push(performance.now() - startedMs);
    }
    times.sort((left, right) => left - right);
    return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
  },
});
