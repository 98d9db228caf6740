import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';

import { describe, expect, it } from 'vitest';

import { createRestServer } from '../src/index.ts';
import { basic, openNeuron, type Neuron } from './neuron-fixture.ts';
import { selfSigned, type SelfSigned } from './self-signed.ts';

async function openTls(tls: SelfSigned): Promise<{ neuron: Neuron } & AsyncDisposable> {
  const neuron = await openNeuron();
  const server = await createRestServer({ handler: neuron.handler, port: 0, tls });
  return {
    neuron: { ...neuron, server },
    async [Symbol.asyncDispose]() {
      await server.close();
      await neuron[Symbol.asyncDispose]();
    },
  };
}

/** A request over TLS that trusts one certificate. */
function callTls({ server }: Neuron, request: { readonly method: string; readonly path: string; readonly body?: unknown }, ca?: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { host, port } = server;
    const outgoing = httpsRequest({ host, port, method: request.method, path: request.path, ca, agent: false, headers: { authorization: basic('elena:elenas') } });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.once('end', () => resolve(JSON.parse(text)));
    });
    outgoing.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  });
}

describe('a server with a certificate and a key', () => {
  it('serves the API over TLS to a client that trusts the certificate, and says https: in its URL', async () => {
    const tls = selfSigned();
    await using opened = await openTls(tls);
    expect(opened.neuron.server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const put = await callTls(opened.neuron, { method: 'PUT', path: '/_data/tls', body: { k: 'x', v: { n: 1 } } }, tls.cert);
    expect(put).toEqual({ v: { n: 1, _ver_: expect.any(String) }, s: 'ok' });
    expect(await callTls(opened.neuron, { method: 'GET', path: '/_data/tls?k=x' }, tls.cert)).toEqual(put);
  });

  it('shows the certificate it was given, on TLS 1.2 or newer, and is not trusted without it', async () => {
    const tls = selfSigned();
    await using opened = await openTls(tls);
    const { host, port } = opened.neuron.server;
    const socket = connect({ host, port, ca: tls.cert });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    expect(socket.getPeerCertificate().subjectaltname).toBe('IP Address:127.0.0.1');
    expect(['TLSv1.2', 'TLSv1.3']).toContain(socket.getProtocol());
    socket.destroy();
    await expect(callTls(opened.neuron, { method: 'GET', path: '/_data' })).rejects.toMatchObject({ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/) });
    await expect(callTls(opened.neuron, { method: 'GET', path: '/_data' }, selfSigned().cert)).rejects.toThrow();
  });

  it('answers nothing to plain HTTP, and goes on serving', async () => {
    const tls = selfSigned();
    await using opened = await openTls(tls);
    const { host, port } = opened.neuron.server;
    const plain = httpRequest({ host, port, path: '/_data', agent: false, headers: { authorization: basic('elena:elenas') } });
    plain.end();
    await expect(once(plain, 'response')).rejects.toThrow();
    expect(await callTls(opened.neuron, { method: 'GET', path: '/_data' }, tls.cert)).toMatchObject({ s: 'ok' });
  });

  it('does not start with a key that is not the certificate’s', async () => {
    await using neuron = await openNeuron();
    await expect(createRestServer({ handler: neuron.handler, port: 0, tls: { cert: selfSigned().cert, key: selfSigned().key } })).rejects.toThrow(/key values mismatch/i);
  });
});
