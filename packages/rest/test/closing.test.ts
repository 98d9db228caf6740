import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';

import { describe, expect, it } from 'vitest';

import { basic, openNeuron } from './neuron-fixture.ts';

const PATIENT = { drainMs: 3_600_000 };

describe('closing the server', () => {
  it('does not wait for a connection that has sent nothing', async () => {
    await using neuron = await openNeuron({ server: PATIENT });
    const accepted = once(neuron.server.server, 'connection');
    const socket = connect(neuron.server.port, neuron.server.host);
    socket.on('error', () => undefined);
    const gone = once(socket, 'close');
    await accepted;
    await neuron.server.close();
    await gone;
    expect(socket.bytesRead).toBe(0);
  });

  it('does not wait for a connection that is kept alive, and finishes the request that is under way', async () => {
    await using neuron = await openNeuron({ server: PATIENT });
    const agent = new Agent({ keepAlive: true });
    const { host, port } = neuron.server;
    const asked = request({ host, port, agent, path: '/_data/closing', method: 'PUT', headers: { authorization: basic('elena:elenas') } });
    const answered = once(asked, 'response');
    const arrived = once(neuron.server.server, 'request');
    asked.write('{"k":"x","v":');
    await arrived;
    const closing = neuron.server.close();
    asked.end('{"n":1}}');
    const [response] = await answered;
    response.resume();
    await once(response, 'end');
    await closing;
    expect(response.statusCode).toBe(200);
    agent.destroy();
  });
});
