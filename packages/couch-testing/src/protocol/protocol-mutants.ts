import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request as send } from 'undici';
import type { ProtocolTarget } from './protocol-client.ts';

/** A request or an answer on its way through {@link startMutant}. */
export interface MutableMessage {
  method: string;
  /** Path and query. */
  path: string;
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A server that does one thing wrong. The protocol suite must fail on each. */
export interface ProtocolMutant {
  /** What it does wrong. */
  readonly name: string;
  readonly request?: (message: MutableMessage) => void;
  /** Changes an answer that is not a feed. */
  readonly answer?: (message: MutableMessage) => void;
  /** Changes a line of `_changes`; undefined drops it with its line end. */
  readonly line?: (line: string) => string | undefined;
}

const within = (name: string) => new RegExp(`/${name}(?=[?]|$)`);

/** Wrong in one way each. */
export const protocolMutants: readonly ProtocolMutant[] = [
  { name: 'sequences are integers', line: (line) => line.replace(/"(seq|last_seq)":"([0-9]+)-[^"]*"/g, '"$1":$2') },
  { name: 'no pending', line: (line) => line.replace(/,"pending":[0-9]+/, '') },
  { name: 'pending is always 0', line: (line) => line.replace(/"pending":[0-9]+/, '"pending":0') },
  {
    name: 'the ETag is a hash of the body',
    answer: (message) => {
      if (message.headers['etag'] !== undefined) message.headers['etag'] = `W/"${message.body.length}-hash"`;
    },
  },
  {
    name: 'If-None-Match is ignored',
    request: (message) => {
      delete message.headers['if-none-match'];
    },
  },
  {
    name: 'a deleted document is "missing"',
    answer: (message) => {
      message.body = message.body.replace('"reason":"deleted"', '"reason":"missing"');
    },
  },
  { name: 'no last_seq when a continuous feed ends', line: (line) => (line.startsWith('{"last_seq"') ? undefined : line) },
  { name: 'no heartbeats', line: (line) => (line === '' ? undefined : line) },
  {
    name: 'the lower hash wins',
    answer: (message) => {
      message.body = message.body.replaceAll('2-cc', '2-##').replaceAll('2-bb', '2-cc').replaceAll('2-##', '2-bb');
    },
  },
  {
    name: 'new_edits:false is ignored',
    request: (message) => {
      if (within('_bulk_docs').test(message.path)) message.body = message.body.replace('"new_edits":false', '"new_edits":true');
    },
  },
  { name: 'include_docs gives no document for deletions', line: (line) => (line.includes('"deleted":true') ? line.replace(/,"doc":\{.*?\}(?=\},?$)/, ',"doc":null') : line) },
  { name: 'deletions are not marked', line: (line) => line.replace(',"deleted":true', '') },
  { name: 'since is ignored', request: (message) => dropParameter(message, 'since') },
  { name: 'limit is off by one', request: (message) => changeParameter(message, 'limit', (value) => String(Number(value) + 1)) },
  { name: 'limit is ignored', request: (message) => dropParameter(message, 'limit') },
  { name: 'style=all_docs is ignored', request: (message) => dropParameter(message, 'style') },
  { name: 'conflicts=true is ignored', request: (message) => dropParameter(message, 'conflicts') },
  { name: 'filters are ignored', request: (message) => dropParameter(message, 'filter') },
  { name: 'descending is ignored', request: (message) => dropParameter(message, 'descending') },
  { name: 'inclusive_end is ignored', request: (message) => dropParameter(message, 'inclusive_end') },
  { name: 'longpoll answers at once', request: (message) => changeParameter(message, 'feed', (value) => (value === 'longpoll' ? 'normal' : value)) },
  { name: 'timeout is ignored', request: (message) => changeParameter(message, 'timeout', () => '60000') },
  { name: 'open_revs is ignored', request: (message) => dropParameter(message, 'open_revs') },
  { name: 'latest is ignored', request: (message) => dropParameter(message, 'latest') },
  { name: 'If-Match is ignored', request: (message) => void delete message.headers['if-match'] },
  {
    name: 'conflicts are answered with 412',
    answer: (message) => {
      if (message.status === 409) message.status = 412;
    },
  },
  {
    name: 'a write is acknowledged and not done',
    request: (message) => {
      if (message.method === 'PUT' && message.body.includes('"n":4')) message.body = message.body.replace('"n":4', '"n":3');
    },
  },
  {
    name: '_revs_diff knows everything',
    answer: (message) => {
      if (within('_revs_diff').test(message.path)) message.body = '{}';
    },
  },
  {
    name: '_bulk_get leaves out what is missing',
    answer: (message) => {
      if (within('_bulk_get').test(message.path)) message.body = message.body.replace(/,?\{"id":"[^"]*","docs":\[\{"error":\{[^}]*\}\}\]\}/g, '');
    },
  },
  { name: 'a row of the feed is given twice', line: (line) => (line.startsWith('{"seq"') && line.endsWith('}') ? `${line}\n${line}` : line) },
];

/** A mutant in front of a server. */
export interface RunningMutant extends ProtocolTarget, AsyncDisposable {}

/** Starts a proxy on loopback that passes everything on, changed by the mutant. */
export async function startMutant(target: ProtocolTarget, mutant: ProtocolMutant): Promise<RunningMutant> {
  const origin = new URL(target.url);
  const agent = new Agent();
  const server = createServer((request, response) => {
    void pass({ mutant, origin, agent }, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  url.username = origin.username;
  url.password = origin.password;
  return { url: url.href.replace(/\/$/, ''), ...(target.timeoutMs === undefined ? {} : { timeoutMs: target.timeoutMs }), [Symbol.asyncDispose]: () => stop(server, agent) };
}

async function stop(server: Server, agent: Agent): Promise<void> {
  await agent.destroy();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

interface Passage {
  readonly mutant: ProtocolMutant;
  readonly origin: URL;
  readonly agent: Agent;
}

async function pass({ mutant, origin, agent }: Passage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name))) as Record<string, string>;
  const message: MutableMessage = { method: request.method ?? 'GET', path: request.url ?? '/', status: 0, headers, body: Buffer.concat(pieces).toString('latin1') };
  mutant.request?.(message);
  const abort = new AbortController();
  response.once('close', () => abort.abort());
  const answer = await send(`${origin.origin}${message.path}`, { method: message.method as 'GET', headers: message.headers, body: message.body === '' ? null : Buffer.from(message.body, 'latin1'), dispatcher: agent, signal: abort.signal });
  const answerHeaders = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !['connection', 'content-length', 'transfer-encoding', 'keep-alive'].includes(name))) as Record<string, string>;
  if (within('_changes').test(message.path) && answer.statusCode === 200) return passLines(mutant, answer.body, response, answerHeaders);
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const changed: MutableMessage = { ...message, status: answer.statusCode, headers: answerHeaders, body: bytes.toString('latin1') };
  mutant.answer?.(changed);
  response.writeHead(changed.status, changed.headers);
  response.end(changed.status === 304 || message.method === 'HEAD' ? undefined : Buffer.from(changed.body, 'latin1'));
}

async function passLines(mutant: ProtocolMutant, body: AsyncIterable<Buffer>, response: ServerResponse, headers: Record<string, string>): Promise<void> {
  response.writeHead(200, headers);
  response.flushHeaders();
  let rest = '';
  for await (const piece of body) {
    const lines = `${rest}${Buffer.from(piece).toString('latin1')}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const changed = mutant.line === undefined ? line : mutant.line(line);
      if (changed !== undefined) response.write(Buffer.from(`${changed}\n`, 'latin1'));
    }
  }
  response.end(Buffer.from(rest, 'latin1'));
}

function dropParameter(message: MutableMessage, name: string): void {
  changeParameter(message, name, () => undefined);
}

function changeParameter(message: MutableMessage, name: string, change: (value: string) => string | undefined): void {
  const mark = message.path.indexOf('?');
  if (mark < 0) return;
  const parameters = new URLSearchParams(message.path.slice(mark + 1));
  const value = parameters.get(name);
  if (value === null) return;
  const changed = change(value);
  if (changed === undefined) parameters.delete(name);
  else parameters.set(name, changed);
  message.path = `${message.path.slice(0, mark)}?${parameters.toString()}`;
}
