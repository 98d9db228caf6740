import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddedCouch } from '../../src/index.ts';

/** HTTP in front of `EmbeddedCouch.request`, so that whatever speaks HTTP can be run on it. */
export async function bridgeTo(server: EmbeddedCouch): Promise<{ readonly url: string } & AsyncDisposable> {
  const bridge = createServer((request, response) => {
    void carry(server, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => bridge.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(bridge.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      bridge.closeAllConnections();
      await new Promise<void>((resolve) => bridge.close(() => resolve()));
    },
  };
}

async function carry(server: EmbeddedCouch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  // Half of the bodies as text, half as bytes: both are to mean the same.
  const asText = body.length % 2 === 0 && body.equals(Buffer.from(body.toString('utf8')));
  const answer = await server.request({ method: request.method ?? 'GET', path: request.url ?? '/', headers, body: asText ? body.toString('utf8') : body, signal: gone.signal });
  response.writeHead(answer.status, { ...answer.headers });
  response.flushHeaders();
  if (answer.headers['content-length'] !== undefined && request.method !== 'HEAD') {
    response.end(await answer.text(1e9), 'utf8');
    return;
  }
  for await (const piece of answer.body) response.write(piece);
  response.end();
}
