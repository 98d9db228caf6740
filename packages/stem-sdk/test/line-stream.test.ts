import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from '@xir/stem-sdk';
import { describe, expect, it } from 'vitest';

/** A server that answers every request with these pieces, and then ends or breaks off. */
async function startAnswering(pieces: readonly string[], breakOff: boolean) {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (const piece of pieces) response.write(piece);
    if (breakOff) response.write('', () => response.destroy());
    else response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const datum = (n: number) => `{"w":"$sys","k":"k","l":"*data","p":"/a","t":1,"m":{},"v":{"n":${n},"_ver_":"x"},"s":"c","a":"$sys","_id":"${String(n).padStart(12, '0')}0000-n1","_rev":"","gone":false}\n`;

async function series(url: string): Promise<unknown[]> {
  await using client = connect(url);
  const values: unknown[] = [];
  for await (const { value } of client.series(client.key('/a', 'k'))) values.push(value);
  return values;
}

describe('a series', () => {
  it('is read line by line, wherever the pieces are cut', async () => {
    await using server = await startAnswering([datum(2).slice(0, 9), datum(2).slice(9) + datum(1).slice(0, 70), datum(1).slice(70)], false);
    expect(await series(server.url)).toEqual([{ n: 2 }, { n: 1 }]);
  });

  it('that breaks off is an error, not a shorter series', async () => {
    await using server = await startAnswering([datum(2), datum(1).slice(0, 30)], true);
    await expect(series(server.url)).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
  });

  it('ends with the error that the neuron met on the way', async () => {
    await using server = await startAnswering([datum(2), '{"v":"unavailable","s":"error"}\n'], false);
    await expect(series(server.url)).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE' });
  });

  it('of something that is no neuron is refused', async () => {
    await using server = await startAnswering(['<html>\n'], false);
    await expect(series(server.url)).rejects.toMatchObject({ code: 'KV4_UNAVAILABLE', cause: { code: 'SDK_BAD_RESPONSE' } });
  });
});
