import { connect } from 'node:net';
import { ProtocolClient } from '@xir/couch-testing';
import { describe, expect, it } from 'vitest';
import { temporaryServer } from './support/temporary-server.ts';

describe('limits', () => {
  it('L1 a document above maxDocumentBytes is refused with 413 document_too_large', async () => {
    await using server = await temporaryServer({ maxDocumentBytes: 1000 });
    const client = new ProtocolClient(server);
    await client.server('PUT', '/t');
    const answer = await client.server('PUT', '/t/a', { body: { text: 'x'.repeat(1000) } });
    expect([answer.status, answer.json()]).toEqual([413, { error: 'document_too_large', reason: 'a' }]);
    expect((await client.server('PUT', '/t/a', { body: { text: 'x'.repeat(900) } })).status).toBe(201);
    await client.close();
  });

  it('L2 a body above maxBodyBytes is refused with 413, declared or not', async () => {
    await using server = await temporaryServer({ maxBodyBytes: 10_000 });
    const client = new ProtocolClient(server);
    await client.server('PUT', '/t');
    expect((await client.server('PUT', '/t/a', { body: { text: 'x'.repeat(20_000) } })).status).toBe(413);
    expect((await client.server('GET', '/_up')).status).toBe(200);
    await client.close();
  });

  it('L3 ids up to 4,000 bytes are stored, longer ones refused with illegal_docid', async () => {
    await using server = await temporaryServer();
    const client = new ProtocolClient(server);
    await client.server('PUT', '/t');
    expect((await client.server('PUT', `/t/${'a'.repeat(4000)}`, { body: {} })).status).toBe(201);
    const answer = await client.server('PUT', `/t/${'a'.repeat(4001)}`, { body: {} });
    expect([answer.status, answer.json()]).toEqual([400, { error: 'illegal_docid', reason: 'Document id is too long' }]);
    expect((await client.server('GET', `/t/${'a'.repeat(5000)}`)).status).toBe(400);
    await client.close();
  });

  it('L4 databases above maxDatabases are refused with 507', async () => {
    await using server = await temporaryServer({ maxDatabases: 1 });
    const client = new ProtocolClient(server);
    expect((await client.server('PUT', '/t')).status).toBe(201);
    expect((await client.server('PUT', '/u')).status).toBe(507);
    await client.close();
  });

  it('L5 hostile JSON is stored or refused, and never ends the server', async () => {
    await using server = await temporaryServer({ onError: () => undefined });
    const client = new ProtocolClient(server);
    await client.server('PUT', '/t');
    const deep = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const bodies = ['{"__proto__":{"x":1}}', '{"a":{"__proto__":{"polluted":true}}}', '{"constructor":1,"toString":2}', '{"a":1e400}', '{"a":"\\ud800"}', '{"a":1,"a":2}', deep(1000), deep(200_000), '\u0000', '', 'null', '"x"', `{"_revisions":{"start":1,"ids":["a\\"b"]}}`, '{"_attachments":{"../x":{"data":"YQ=="}}}'];
    for (const [n, body] of bodies.entries()) {
      const answer = await client.server('PUT', `/t/h${n}`, { body, headers: { 'content-type': 'application/json' } });
      expect([201, 400, 409], `${body.slice(0, 40)} → ${answer.text.slice(0, 200)}`).toContain(answer.status);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const listing = await client.server('GET', '/t/_changes?include_docs=true');
    expect(() => listing.json()).not.toThrow();
    await client.close();
  });

  it('L6 a client that does not read its feed costs no memory and stops nobody', async () => {
    await using server = await temporaryServer();
    const client = new ProtocolClient(server);
    await client.server('PUT', '/t');
    const docs = Array.from({ length: 2000 }, (_, n) => ({ _id: `d${n}`, text: 'x'.repeat(5000) }));
    await client.server('POST', '/t/_bulk_docs', { body: { docs } });
    const before = process.memoryUsage().arrayBuffers;
    const { port } = new URL(server.url);
    const sockets = Array.from({ length: 10 }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.pause();
      socket.write('GET /t/_changes?include_docs=true&feed=continuous&heartbeat=100 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      return socket;
    });
    await client.server('GET', '/t/_changes?include_docs=true');
    expect((await client.server('PUT', '/t/after', { body: {} })).status).toBe(201);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * 1024 * 1024);
    for (const socket of sockets) socket.destroy();
    await client.close();
  });

  it('L7 functions of design documents are not run: views answer 501 and say so', async () => {
    await using server = await temporaryServer();
    const client = new ProtocolClient(server);
    await client.server('PUT', '/t');
    await client.server('PUT', '/t/_design/d', { body: { views: { v: { map: 'function (doc) { emit(1); }' } }, filters: { f: 'function () { return true; }' } } });
    const view = await client.server('GET', '/t/_design/d/_view/v');
    expect([view.status, view.json<{ error: string }>().error]).toEqual([501, 'not_implemented']);
    expect((await client.server('GET', '/t/_changes?filter=d/f')).status).toBe(501);
    expect((await client.server('GET', '/t/_changes?filter=d/none')).status).toBe(404);
    expect((await client.server('POST', '/_replicate', { body: {} })).status).toBe(501);
    await client.close();
  });

  it('L8 a regular expression that backtracks without end is ended, in _find and in feeds, and stops nobody; one that is none is refused', async () => {
    await using server = await temporaryServer();
    const client = new ProtocolClient(server);
    await client.server('PUT', '/t');
    await client.server('PUT', '/t/trap', { body: { text: 'a'.repeat(50) + '!' } });
    const malicious = { selector: { $or: [{ text: { $regex: '^(a+)+$' } }] } };
    for (const path of ['/t/_find', '/t/_changes?filter=_selector', '/t/_changes?filter=_selector&feed=longpoll']) {
      const answer = await client.server('POST', path, { body: malicious }).catch((error: unknown) => error);
      expect([path, JSON.stringify(answer)]).not.toEqual([path, expect.stringContaining('"id":"trap"')]);
      expect((await client.server('GET', '/_up')).status).toBe(200);
    }
    const refused = await client.server('POST', '/t/_find', { body: malicious });
    expect([refused.status, refused.json<{ error: string }>().error]).toEqual([400, 'invalid_selector']);
    for (const $regex of ['(', 5, null]) expect((await client.server('POST', '/t/_find', { body: { selector: { text: { $regex } } } })).status).toBe(400);
    const found = await client.server('POST', '/t/_find', { body: { selector: { text: { $regex: '^a+!$' } } } });
    expect(found.json<{ docs: unknown[] }>().docs).toHaveLength(1);
    await client.close();
  });
});
