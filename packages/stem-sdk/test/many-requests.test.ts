import { MemoryReferenceStore } from '@xir/kv4-testing';
import { connect } from '@xir/stem-sdk';
import { expect, it } from 'vitest';
import { TEST_SECRET } from './rest-neuron.ts';
import { startSocketNeuron, testSocket } from './socket-neuron.ts';

it('fifty requests at once over a WebSocket are no leak of listeners to Node', async () => {
  await using memory = new MemoryReferenceStore();
  await using neuron = await startSocketNeuron(memory);
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  try {
    await using client = connect(neuron.url, { credentials: { account: '$sys', secret: TEST_SECRET }, webSocket: testSocket });
    await Promise.all(Array.from({ length: 50 }, (_, n) => client.put(client.key('/many', String(n)), n)));
    // Warnings are told in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
  }
});
