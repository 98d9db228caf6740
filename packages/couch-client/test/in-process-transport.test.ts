import { CouchClient, inProcessTransport, type Clock, type CouchError, type InProcessResponse, type InProcessServer, type TransportRequest } from '@xir/couch-client';
import { describe, expect, it } from 'vitest';

/** A clock whose timers run when they are told to. */
class HandClock implements Clock {
  readonly #timers = new Set<() => void>();

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return 0;
  }

  monotonic(): number {
    return 0;
  }

  schedule(_delayMs: number, run: () => void): { cancel(): void } {
    this.#timers.add(run);
    return { cancel: () => this.#timers.delete(run) };
  }

  ring(): void {
    for (const run of this.#timers) run();
  }
}

const answerOf = (text: string, pieces: AsyncIterable<Uint8Array> = piecesOf(text)): InProcessResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: pieces,
  text: (maxBytes) => (text.length > maxBytes ? Promise.reject(new RangeError('too large')) : Promise.resolve(text)),
  discard: () => undefined,
});

/** A server that answers as it is told. */
const serverOf = (answer: (request: { readonly signal?: AbortSignal }) => Promise<InProcessResponse>): InProcessServer => ({ request: answer });

/** A server that waits until the request is aborted. */
const silent = serverOf(({ signal }) => new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))));

async function* piecesOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a');
  throw new Error('gone');
}

const get: TransportRequest = { method: 'GET', path: '/db/x?secret=1' };
const put: TransportRequest = { method: 'PUT', path: '/db/x?secret=1', body: '{}' };

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: CouchError) => `${error.code} ${error.outcomeUnknown}`,
  );

describe('inProcessTransport', () => {
  it('hands on method, path, headers and body, and the answer as it is', async () => {
    const seen: unknown[] = [];
    const transport = inProcessTransport({
      request: ({ signal: _, ...request }) => {
        seen.push(request);
        return Promise.resolve(answerOf('{"ok":true}'));
      },
    });
    const client = new CouchClient({ url: 'http://in-process', transport });
    const { status, body } = await client.json({ method: 'POST', path: '/db/_bulk_docs', body: '{"docs":[]}' });
    expect([status, body]).toEqual([200, { ok: true }]);
    expect(seen).toEqual([{ method: 'POST', path: '/db/_bulk_docs', body: '{"docs":[]}', headers: { 'content-type': 'application/json', accept: 'application/json' } }]);
  });

  it('reads a body piece by piece, and tells what broke it off', async () => {
    const whole = await inProcessTransport(serverOf(() => Promise.resolve(answerOf('', piecesOf('a', 'b'))))).request(get);
    const texts: string[] = [];
    for await (const piece of whole.body) texts.push(Buffer.from(piece).toString());
    expect(texts).toEqual(['a', 'b']);
    const response = await inProcessTransport(serverOf(() => Promise.resolve(answerOf('', broken())))).request(get);
    const read = async () => {
      for await (const piece of response.body) texts.push(Buffer.from(piece).toString());
    };
    expect(await codeOf(read())).toBe('COUCH_UNREACHABLE false');
    expect(texts).toEqual(['a', 'b', 'a']);
  });

  it('leaves the outcome of a write open that was aborted, timed out or not answered, and of a read nothing', async () => {
    const failing = inProcessTransport(serverOf(() => Promise.reject(new Error('broken'))));
    expect(await codeOf(failing.request(put))).toBe('COUCH_UNREACHABLE true');
    expect(await codeOf(failing.request(get))).toBe('COUCH_UNREACHABLE false');
    const clock = new HandClock();
    const waiting = inProcessTransport(silent, { clock });
    for (const [request, expected] of [[put, 'COUCH_TIMEOUT true'], [get, 'COUCH_TIMEOUT false']] as const) {
      const late = codeOf(waiting.request(request));
      clock.ring();
      expect(await late).toBe(expected);
    }
    const caller = new AbortController();
    const aborted = codeOf(waiting.request({ ...put, signal: caller.signal }));
    caller.abort();
    expect(await aborted).toBe('COUCH_ABORTED true');
    expect(await codeOf(waiting.request({ ...put, signal: caller.signal }))).toBe('COUCH_ABORTED false');
    expect(clock.pending).toBe(0);
  });

  it('sets no timer where there is no limit', async () => {
    const clock = new HandClock();
    const pending: number[] = [];
    const transport = inProcessTransport(serverOf(() => Promise.resolve(answerOf(String(pending.push(clock.pending))))), { clock });
    await (await transport.request({ ...get, headersTimeoutMs: 0 })).text();
    await (await transport.request(get)).text();
    expect(pending).toEqual([0, 1]);
  });

  it('refuses an answer larger than allowed, and shows nothing of the query', async () => {
    const transport = inProcessTransport(serverOf(() => Promise.resolve(answerOf('x'.repeat(100)))), { maxResponseBytes: 99 });
    const response = await transport.request(put);
    const error = await response.text().catch((cause: unknown) => cause as CouchError);
    expect(error).toMatchObject({ code: 'COUCH_TOO_LARGE', outcomeUnknown: false });
    expect(String(error)).not.toContain('secret');
    expect(await (await transport.request(put)).text(100)).toHaveLength(100);
  });

  it('cuts what is open when it is closed, and refuses what comes later', async () => {
    const transport = inProcessTransport(silent);
    const open = codeOf(transport.request(put));
    await transport.close();
    expect(await open).toBe('COUCH_CLOSED true');
    expect(await codeOf(transport.request(put))).toBe('COUCH_CLOSED false');
  });
});
