import { registerProtocolSuite } from '@xir/couch-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedError, type EmbeddedCouch, type LocalResponse } from '../src/index.ts';
import { bridgeTo } from './support/local-bridge.ts';
import { temporaryServer } from './support/temporary-server.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const LIMIT = 1e9;

let server: EmbeddedCouch;
let bridge: Awaited<ReturnType<typeof bridgeTo>>;
beforeAll(async () => {
  server = await temporaryServer();
  bridge = await bridgeTo(server);
});
afterAll(async () => {
  await bridge[Symbol.asyncDispose]();
  await server.close();
});

describe('N1 requests without a socket are answered as those over one:', () => {
  registerProtocolSuite({ describe, it }, 'the protocol', () => bridge);
});

/** A server with one database of as many documents. */
async function withDocuments(count: number): Promise<EmbeddedCouch> {
  const own = await temporaryServer({ admins: { anna: 'secret' } });
  await own.request({ method: 'PUT', path: '/db' });
  const docs = Array.from({ length: count }, (_, n) => ({ _id: `k${n}`, text: 'x'.repeat(1000) }));
  const answer = await own.request({ method: 'POST', path: '/db/_bulk_docs', headers: JSON_TYPE, body: JSON.stringify({ docs }) });
  expect(answer.status).toBe(201);
  await answer.text(LIMIT);
  return own;
}

async function firstPiece(answer: LocalResponse): Promise<string> {
  for await (const piece of answer.body) return Buffer.from(piece).toString('utf8');
  return '';
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof EmbeddedError ? error.code : String(error)),
  );

describe('requests without a socket', () => {
  it('N2 need no login: whoever holds the server is its admin', async () => {
    await using own = await withDocuments(1);
    expect((await (await fetch(`${own.url}/db`)).json() as { error: string }).error).toBe('unauthorized');
    const answer = await own.request({ method: 'GET', path: '/db' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(await answer.text(LIMIT))).toMatchObject({ db_name: 'db', doc_count: 1 });
  });

  it('N3 read a long answer whole, in pieces or as text, and a small bound refuses it', async () => {
    await using own = await withDocuments(2_000);
    const ask = () => own.request({ method: 'GET', path: '/db/_all_docs?include_docs=true' });
    const text = await (await ask()).text(LIMIT);
    expect((JSON.parse(text) as { rows: unknown[] }).rows).toHaveLength(2_000);
    const pieces: Uint8Array[] = [];
    for await (const piece of (await ask()).body) pieces.push(piece);
    expect(Buffer.concat(pieces).toString('utf8')).toBe(text);
    await expect((await ask()).text(100_000)).rejects.toThrow(RangeError);
  });

  it('N4 an answer that nobody reads on waits, and costs a bounded amount of memory', async () => {
    await using own = await withDocuments(2_000);
    const answer = await own.request({ method: 'GET', path: '/db/_all_docs?include_docs=true' });
    const waiting = answer as unknown as { readonly writableNeedDrain: boolean; readonly writableEnded: boolean };
    while (!waiting.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    expect(waiting.writableEnded).toBe(false);
    expect(await firstPiece(answer)).toContain('"rows"');
    // The server is there for others.
    expect((await own.request({ method: 'GET', path: '/db/k1' })).status).toBe(200);
  });

  it('N5 a feed ends when its reader leaves, when it is aborted, and with last_seq when the server closes', async () => {
    const own = await withDocuments(1);
    const feed = (signal?: AbortSignal) => own.request({ method: 'GET', path: '/db/_changes?feed=continuous&heartbeat=60000', signal });
    expect(await firstPiece(await feed())).toContain('"id":"k0"');
    const caller = new AbortController();
    const aborted = await feed(caller.signal);
    const reading = codeOf(aborted.text(LIMIT));
    caller.abort(new Error('left'));
    expect(await reading).toBe('Error: left');
    const last = (await feed()).text(LIMIT);
    await own.close();
    expect((await last).trim().split('\n').at(-1)).toContain('"last_seq"');
    expect(await codeOf(own.request({ method: 'GET', path: '/' }))).toBe('EMBEDDED_CLOSED');
  });

  it('N5 a reader that does not read is cut off when the server closes', async () => {
    const own = await withDocuments(2_000);
    const answer = await own.request({ method: 'GET', path: '/db/_all_docs?include_docs=true' });
    await own.close();
    expect(await codeOf(firstPiece(answer).then(async () => answer.text(LIMIT)))).toBe('EMBEDDED_BROKEN_OFF');
  });

  it('N6 a request that is aborted already is not carried out', async () => {
    await using own = await withDocuments(1);
    const caller = new AbortController();
    caller.abort(new Error('left'));
    await expect(own.request({ method: 'DELETE', path: '/db', signal: caller.signal })).rejects.toThrow('left');
    expect((await own.request({ method: 'GET', path: '/db' })).status).toBe(200);
  });

  it('N7 text that has no UTF-8 is refused or replaced as on the wire', async () => {
    await using own = await withDocuments(1);
    const answer = await own.request({ method: 'PUT', path: '/db/odd', headers: JSON_TYPE, body: '{"text":"\ud800"}' });
    expect(answer.status).toBe(201);
    expect(JSON.parse(await (await own.request({ method: 'GET', path: '/db/odd' })).text(LIMIT))).toMatchObject({ text: '\ufffd' });
    const large = await own.request({ method: 'POST', path: '/db/_bulk_docs', headers: JSON_TYPE, body: JSON.stringify({ docs: [{ text: 'x'.repeat(70_000_000) }] }) });
    expect(large.status).toBe(413);
    expect((await own.request({ method: 'GET', path: '/db/%zz' })).status).toBe(400);
  });
});
