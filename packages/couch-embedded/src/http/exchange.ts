import { randomBytes } from 'node:crypto';
import { badRequest, CouchRefusal, methodNotAllowed } from '../couch-error.ts';
import { isObject } from '../document/document-edit.ts';
import type { ExchangeRequest, ExchangeResponse } from './exchange-sides.ts';

/** Who asks. */
export interface UserContext {
  readonly name: string | null;
  readonly roles: readonly string[];
  /** How the user was recognised; undefined: not at all. */
  readonly authenticated?: 'cookie' | 'default';
}

/** What every answer says of the server. */
export const SERVER_HEADER = 'CouchDB/3.5.0 (Xir embedded)';

const requestIdBase = randomBytes(4).readUInt32BE(0);
let requestIdCount = 0;

/** One request and its answer. */
export class Exchange {
  readonly request: ExchangeRequest;
  readonly response: ExchangeResponse;
  /** Decoded, without the query; a database or document name's own slashes are inside one segment. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly maxBodyBytes: number;
  user: UserContext = { name: null, roles: [] };
  extraHeaders: Record<string, string> = {};

  constructor(request: ExchangeRequest, response: ExchangeResponse, maxBodyBytes: number) {
    this.request = request;
    this.response = response;
    this.maxBodyBytes = maxBodyBytes;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.segments = decodePath(mark < 0 ? url : url.slice(0, mark));
    this.query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  /** Refuses other methods with 405. */
  allow(...methods: string[]): void {
    if (!methods.includes(this.method)) throw methodNotAllowed(methods);
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'string' || value === undefined ? value : value.join(', ');
  }

  /** A boolean query parameter as CouchDB's document API reads it: only `true` is true. */
  flag(name: string): boolean {
    return this.query.get(name) === 'true';
  }

  /** Answers with JSON already in bytes or text; a line end is added as CouchDB does. */
  sendJson(status: number, json: string | Buffer, headers: Record<string, string> = {}): void {
    const length = Buffer.byteLength(json) + 1;
    this.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': String(length), ...headers });
    if (this.method === 'HEAD') {
      this.response.end();
    } else if (typeof json === 'string') {
      this.response.end(`${json}\n`);
    } else {
      this.response.write(json);
      this.response.end('\n');
    }
  }

  send(status: number, value: unknown, headers: Record<string, string> = {}): void {
    this.sendJson(status, JSON.stringify(value), headers);
  }

  writeHead(status: number, headers: Record<string, string>): void {
    requestIdCount = (requestIdCount + 1) >>> 0;
    this.response.writeHead(status, {
      'Cache-Control': 'must-revalidate',
      Server: SERVER_HEADER,
      'X-Couch-Request-ID': ((requestIdBase ^ requestIdCount) >>> 0).toString(16).padStart(10, '0'),
      'X-CouchDB-Body-Time': '0',
      ...this.extraHeaders,
      ...headers,
    });
  }

  refuse(refusal: CouchRefusal): void {
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    this.send(refusal.status, { error: refusal.error, reason: refusal.reason }, refusal.headers);
  }

  /** The whole body; 413 past the limit. */
  async readBody(): Promise<Buffer> {
    const declared = Number(this.header('content-length') ?? 0);
    if (declared > this.maxBodyBytes) throw this.#tooLarge();
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of this.request) {
      size += piece.length;
      if (size > this.maxBodyBytes) throw this.#tooLarge();
      pieces.push(piece);
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, size);
  }

  /** The body as JSON, of any content type; `empty` is what an empty body means. */
  async readJson(empty?: unknown): Promise<unknown> {
    const { bodyText } = this.request;
    if (bodyText === undefined) return parseJson(await this.readBody(), empty);
    // Three bytes of UTF-8 at most for a UTF-16 unit.
    if (bodyText.length * 3 > this.maxBodyBytes && Buffer.byteLength(bodyText) > this.maxBodyBytes) throw this.#tooLarge();
    return parseText(bodyText, empty);
  }

  /** As {@link readJson}, but the request must say that it is JSON (415), and it must be an object. */
  async readJsonObject(empty?: Record<string, unknown>): Promise<Record<string, unknown>> {
    this.requireJson();
    const value = await this.readJson(empty);
    if (!isObject(value)) throw badRequest('Request body must be a JSON object');
    return value;
  }

  requireJson(): void {
    const type = this.header('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (type !== 'application/json') throw new CouchRefusal(415, 'bad_content_type', 'Content-Type must be application/json');
  }

  #tooLarge(): CouchRefusal {
    this.extraHeaders = { ...this.extraHeaders, Connection: 'close' };
    return new CouchRefusal(413, 'too_large', 'the request entity is too large');
  }
}

/** Parses JSON in strict UTF-8; throws CouchDB's `bad_request`. */
export function parseJson(bytes: Buffer, empty?: unknown): unknown {
  if (bytes.length === 0 && empty !== undefined) return empty;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new CouchRefusal(400, 'bad_request', 'invalid UTF-8 JSON', { cause: error });
  }
}

function parseText(text: string, empty: unknown): unknown {
  if (text === '' && empty !== undefined) return empty;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CouchRefusal(400, 'bad_request', 'invalid UTF-8 JSON', { cause: error });
  }
}

function decodePath(path: string): string[] {
  const parts = path.split('/').slice(1);
  if (parts.at(-1) === '') parts.pop();
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch (error) {
    if (/%(?![0-9A-Fa-f]{2})/.test(path)) throw new CouchRefusal(400, 'bad_request', 'invalid_url_encoding', { cause: error });
    throw new CouchRefusal(400, 'illegal_docid', 'Document id must be valid UTF-8', { cause: error });
  }
}
