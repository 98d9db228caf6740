import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCouch, type EmbeddedCouch } from '@xir/couch-embedded';
import { openMemory, type Memory } from '@xir/kv4';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { joinMembership, LEASE_LAYER, LEASE_PATH, type NeuronMembership } from '../src/index.ts';
import { MemoryNetwork } from './support/memory-network.ts';

/** A fifth of the defaults. */
const TIMES = { pingIntervalMs: 200, pingTimeoutMs: 180, renewIntervalMs: 300, leaseTtlMs: 800, refusedLeaseTtlMs: 400, standstillMs: 400, janitorStepMs: 400 };

describe('three neurons on one database', () => {
  let directory: string;
  let server: EmbeddedCouch;
  const memories: Memory[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'xir-router-'));
    server = await startEmbeddedCouch({ directory, port: 0 });
  });

  afterAll(async () => {
    for (const memory of memories) await memory.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('E1: know one another by their leases, give up the one that is killed, and clean up behind it', async () => {
    const network = new MemoryNetwork();
    const joined: NeuronMembership[] = [];
    for (const neuron of ['a', 'b', 'c']) {
      const memory = await openMemory({ url: server.url, database: 'system', neuron, auditIntervalMs: 0, layers: { [LEASE_LAYER]: 'none' } });
      memories.push(memory);
      const facts = () => ({ load: 0, clients: 0, draining: false });
      joined.push(await joinMembership({ store: memory, pinger: network.pinger(neuron), neuron, process: neuron, facts, times: TIMES }));
    }
    const [a, b, c] = joined as [NeuronMembership, NeuronMembership, NeuronMembership];
    const names = (membership: NeuronMembership) => [...membership.neurons()].map(({ neuron }) => neuron).sort().join();
    await vi.waitFor(() => expect(joined.map(names)).toEqual(['a,b,c', 'a,b,c', 'a,b,c']));
    // Nothing of it reaches the others any more, its database included.
    network.cut('*', 'c', 'refused');
    network.cut('c', '*', 'silent');
    await memories[2]?.close();
    await vi.waitFor(() => expect([names(a), names(b)]).toEqual(['a,b', 'a,b']), { timeout: 10_000 });
    await vi.waitFor(async () => expect((await memories[0]?.keys(LEASE_PATH, { fresh: true }))?.items).toEqual(['a', 'b']), { timeout: 10_000 });
    expect(a.stats().cleanUpCount + b.stats().cleanUpCount).toBe(1);
    for (const one of [a, b, c]) await one.close();
    expect((await memories[0]?.keys(LEASE_PATH, { fresh: true }))?.items).toEqual([]);
  });
});
