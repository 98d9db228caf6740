import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeCouch } from './fake-couch.ts';
import { toFakeRequest } from './fake-transport.ts';

/** A fake server that listens on loopback. */
export interface ListeningFake extends AsyncDisposable {
  /** Base URL. */
  readonly url: string;
  close(): Promise<void>;
}

async function serve(server: FakeCouch, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  const method = (incoming.method ?? 'GET') as 'GET';
  const answer = server.handle(toFakeRequest({ method, path: incoming.url ?? '/', headers, body: Buffer.concat(pieces) }, server.clock.monotonic()));
  const gone = new AbortController();
  outgoing.on('close', () => {
    gone.abort();
    answer.body.leave();
  });
  if (answer.headersAfterMs === Infinity) return;
  outgoing.writeHead(answer.status, answer.headers);
  outgoing.flushHeaders();
  try {
    for await (const piece of answer.body) {
      if (!outgoing.write(piece)) await once(outgoing, 'drain', { signal: gone.signal });
    }
    outgoing.end();
  } catch {
    // The body was broken by the script, or the client has gone: so is the connection.
    outgoing.destroy();
  }
}

/** Serves a fake server over real HTTP on a free port of 127.0.0.1. */
export async function listenFake(server: FakeCouch): Promise<ListeningFake> {
  const http = createServer((incoming, outgoing) => {
    void serve(server, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });
    return closing;
  };
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close };
}
