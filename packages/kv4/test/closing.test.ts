import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptedPair } from './support/scripted-pair.ts';
import { embeddedServer } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

describe('closing', () => {
  it('M29: does not wait for what a silent database was asked, even where that cannot be called off', async () => {
    await using pair = await scriptedPair(server.url, { closeTimeoutMs: 20 });
    const { memory, transport } = pair;
    let asked: () => void = () => undefined;
    const upkeep = new Promise<void>((resolve) => (asked = resolve));
    // Upkeep reads the leaves of a head before it moves what is old in it; nothing else here does.
    transport.next('_bulk_get', () => {
      asked();
      return new Promise(() => undefined);
    });
    const address = { bucket: 'b', layer: '*data', path: '/a', key: 'k' };
    for (let n = 0; n < 20; n += 1) await memory.put(address, { n });
    await upkeep;
    transport.cutFeed();
    await memory.close();
    await expect(memory.get(address)).rejects.toMatchObject({ code: 'KV4_CLOSED' });
  });
});
