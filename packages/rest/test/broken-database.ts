import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { headId } from '@xir/kv4-core';
import { RAW_HOSTILE_DOCUMENTS } from '@xir/kv4-testing';

/** A proxy before a database, which puts text into its answers that no database would send. */
export interface BrokenDatabase extends AsyncDisposable {
  readonly url: string;
  /** Puts a line into every change feed that is open. */
  inject(line: string): void;
}

/** The id of the head at `/raw` of bucket `b` that stands for a raw hostile document. */
export function rawId(index: number): string {
  return headId({ bucket: 'b', layer: '*data', path: '/raw', key: `raw${index}` });
}

/** The text of a raw hostile document. */
export function rawText(index: number): string {
  return `{"_id":${JSON.stringify(rawId(index))},"_rev":"1-a",${RAW_HOSTILE_DOCUMENTS[index]?.fields ?? ''}}`;
}

/** Opens a proxy. What is asked for under the ids of `rawId` is answered with `rawText`; everything else passes. */
export async function openBrokenDatabase(target: string): Promise<BrokenDatabase> {
  const feeds = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    forward(target, { request, response, feeds }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inject(line) {
      for (const feed of feeds) feed.write(`${line}\n`);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly feeds: Set<ServerResponse>;
}

async function forward(target: string, { request, response, feeds }: Exchange): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const asked = RAW_HOSTILE_DOCUMENTS.findIndex((_, index) => request.url?.includes('/_bulk_get') === true && body.includes(`${JSON.stringify(rawId(index))}`));
  if (asked >= 0) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"results":[{"id":${JSON.stringify(rawId(asked))},"docs":[{"ok":${rawText(asked)}}]}]}`);
    return;
  }
  const { hostname, port, username, password } = new URL(target);
  const auth = username === '' ? {} : { auth: `${username}:${password}` };
  const onward = httpRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers, agent: false, ...auth });
  onward.on('error', () => response.destroy());
  response.on('close', () => {
    feeds.delete(response);
    onward.destroy();
  });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (request.url?.includes('feed=continuous') === true) feeds.add(response);
    answer.on('error', () => response.destroy()).pipe(response);
  });
  onward.end(body);
}
