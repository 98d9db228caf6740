import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { KeyAddress } from '@xir/kv4-core';
import { errorText, okText } from '@xir/protocol';

import { acceptsLines, commonHeaders, nextPageHeaders, prefersHttpStatus } from './answer-headers.ts';
import { acceptedCoding, compressor, compressText } from './content-encoding.ts';
import { describeError, type ErrorAnswer } from './errors.ts';
import type { ListAnswer, ValueAnswer } from './service.ts';

/** Milliseconds that a streamed answer may stand still because its reader does not read. */
export const STREAM_STALL_MS = 60_000;

const NO_BODY_STATUSES: ReadonlySet<number> = new Set([204, 304]);

/** What the writer needs to know beside request and response. */
export interface AnswerContext {
  /** The age of a cached answer in milliseconds; `undefined` where it cannot be stated. */
  readonly ageMs: (address?: KeyAddress) => number | undefined;
  readonly compressionMinBytes: number;
}

/** Writes answers to one response. */
export class AnswerWriter {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: AnswerContext;

  constructor(request: IncomingMessage, response: ServerResponse, context: AnswerContext) {
    this.#request = request;
    this.#response = response;
    this.#context = context;
  }

  /** Writes a value in its envelope. */
  async value(answer: ValueAnswer): Promise<void> {
    const headers = this.#headers(answer.cached, answer.address);
    if (answer.version !== undefined) headers.push('ETag', `"${answer.version}"`);
    if (answer.durable === false) headers.push('X-KV4-Durable', 'false');
    const precise = prefersHttpStatus(this.#request.headers);
    if (precise) headers.push('Preference-Applied', 'status=http');
    await this.#text(precise && answer.durable === false ? 202 : 200, okText(answer.text), headers);
  }

  /** Answers a conditional read whose value has not changed. */
  async notModified(version: string, address: KeyAddress): Promise<void> {
    await this.#text(304, '', [...this.#headers(true, address), 'ETag', `"${version}"`]);
  }

  /** Writes a list: an array in its envelope, or lines; in one piece where all of it is at hand. */
  async list(answer: ListAnswer): Promise<void> {
    const lines = acceptsLines(this.#request.headers);
    const headers = this.#headers(answer.cached);
    headers.push('Vary', 'Accept, Accept-Encoding');
    if (answer.next !== undefined) headers.push(...nextPageHeaders(this.#request.url ?? '/', answer.next));
    if (answer.rest === undefined) {
      const text = lines ? answer.first.map((item) => item + '\n').join('') : okText(`[${answer.first.join(',')}]`);
      return this.#text(200, text, headers, lines ? 'application/x-ndjson' : 'application/json');
    }
    return this.#stream(lines ? linesOf(answer) : arrayOf(answer), headers, lines ? 'application/x-ndjson' : 'application/json');
  }

  /** Writes an error in its envelope, with status 200 unless the client prefers the precise one. */
  async error(answer: ErrorAnswer): Promise<void> {
    const headers = [...commonHeaders(this.#request.headers), ...answer.headers, 'X-KV4-Error', answer.code];
    if (answer.detail !== undefined) headers.push('X-KV4-Error-Detail', answer.detail);
    const precise = prefersHttpStatus(this.#request.headers);
    if (precise) headers.push('Preference-Applied', 'status=http');
    if (precise && answer.status === 401) headers.push('WWW-Authenticate', 'Basic realm="xir", charset="UTF-8"');
    await this.#text(precise ? answer.status : 200, errorText(answer.errorString), headers);
  }

  #headers(cached: boolean | undefined, address?: KeyAddress): string[] {
    const headers = commonHeaders(this.#request.headers);
    const ageMs = cached === true ? this.#context.ageMs(address) : undefined;
    if (ageMs !== undefined) headers.push('X-KV4-Age-Ms', String(ageMs));
    return headers;
  }

  async #text(status: number, text: string, headers: string[], contentType = 'application/json'): Promise<void> {
    const coding = text.length >= this.#context.compressionMinBytes ? acceptedCoding(this.#request.headers['accept-encoding']) : undefined;
    const body = coding === undefined ? text : await compressText(text, coding);
    if (this.#response.destroyed) return;
    if (coding !== undefined) headers.push('Content-Encoding', coding, ...(headers.includes('Vary') ? [] : ['Vary', 'Accept-Encoding']));
    if (!NO_BODY_STATUSES.has(status)) headers.push('Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(body)));
    this.#response.writeHead(status, headers);
    this.#response.end(NO_BODY_STATUSES.has(status) ? undefined : body);
  }

  async #stream(chunks: AsyncIterable<string>, headers: string[], contentType: string): Promise<void> {
    const coding = acceptedCoding(this.#request.headers['accept-encoding']);
    headers.push('Content-Type', contentType);
    if (coding !== undefined) headers.push('Content-Encoding', coding);
    this.#response.writeHead(200, headers);
    if (this.#request.method === 'HEAD') {
      this.#response.end();
      return;
    }
    this.#response.setTimeout(STREAM_STALL_MS, () => this.#response.destroy());
    const source = Readable.from(chunks);
    if (coding === undefined) await pipeline(source, this.#response);
    else await pipeline(source, compressor(coding), this.#response);
  }
}

/** An envelope around an array, page by page. What fails on the way breaks the stream off, so that it cannot be taken for complete. */
async function* arrayOf(answer: ListAnswer): AsyncGenerator<string> {
  yield `{"v":[${answer.first.join(',')}`;
  let separator = answer.first.length > 0 ? ',' : '';
  for await (const batch of answer.rest ?? []) {
    if (batch.length === 0) continue;
    yield separator + batch.join(',');
    separator = ',';
  }
  yield '],"s":"ok"}';
}

/** One item a line. What fails on the way becomes a last line, an error envelope. */
async function* linesOf(answer: ListAnswer): AsyncGenerator<string> {
  const toLines = (items: readonly string[]) => items.map((item) => item + '\n').join('');
  yield toLines(answer.first);
  try {
    for await (const batch of answer.rest ?? []) yield toLines(batch);
  } catch (error) {
    yield errorText(describeError(error).errorString) + '\n';
  }
}
