import { MemoryReferenceStore } from '@xir/kv4-testing';
import { describe, expect, it } from 'vitest';
import { LeaseStore } from '../src/membership/lease-store.ts';

const FACTS = { load: 0, clients: 0, draining: false };
const claimant = (neuron: string, process = neuron) => ({ neuron, process, nowMs: 1000, random: 0 });
const JANITOR = { neuron: 'a', incarnation: '0000000000000001' };

describe('a lease', () => {
  it('E5: is taken over as it was seen, or not at all', async () => {
    await using store = new MemoryReferenceStore();
    const leases = new LeaseStore(store);
    const claimed = await leases.claim(claimant('b'), FACTS);
    if (claimed === undefined) throw new Error('it could not be claimed');
    const renewal = await leases.renew(claimed, FACTS);
    expect(renewal.type).toBe('renewed');
    expect(await leases.takeOver(claimed, JANITOR)).toBe(undefined);
    const seen = await leases.read('b');
    if (seen === undefined) throw new Error('it is not there');
    const taken = await leases.takeOver(seen, JANITOR);
    expect(taken?.takenBy).toEqual(JANITOR);
    expect(await leases.takeOver(seen, { ...JANITOR, neuron: 'c' })).toBe(undefined);
    expect(await leases.renew(seen, FACTS)).toEqual({ type: 'lost' });
    // Registered again meanwhile: what the janitor holds is not what is there.
    const again = await leases.claim(claimant('b', 'another'), FACTS);
    expect(again !== undefined && again.incarnation > seen.incarnation).toBe(true);
    expect(taken === undefined ? undefined : await leases.remove(taken)).toBe(false);
    expect((await leases.read('b'))?.process).toBe('another');
  });

  it('E5: of a later life is above the one that is stored, also where the clock of its host was set back', async () => {
    await using store = new MemoryReferenceStore();
    const leases = new LeaseStore(store);
    const first = await leases.claim({ ...claimant('b'), nowMs: 5000 }, FACTS);
    const second = await leases.claim({ ...claimant('b', 'another'), nowMs: 1000 }, FACTS);
    if (first === undefined || second === undefined) throw new Error('it could not be claimed');
    expect(second.incarnation > first.incarnation).toBe(true);
  });

  it('E19: of a later life is above the one that was removed, also where the clock of its host was set back', async () => {
    await using store = new MemoryReferenceStore();
    const leases = new LeaseStore(store);
    const first = await leases.claim({ ...claimant('b'), nowMs: 5000 }, FACTS);
    if (first === undefined) throw new Error('it could not be claimed');
    expect(await leases.remove(first)).toBe(true);
    const second = await leases.claim({ ...claimant('b', 'another'), nowMs: 1000 }, FACTS);
    expect(second !== undefined && second.incarnation > first.incarnation).toBe(true);
  });

  it('E19: that is removed while many others are is noted with the latest of them', async () => {
    await using store = new MemoryReferenceStore();
    const leases = new LeaseStore(store);
    const all = await Promise.all(Array.from({ length: 16 }, (_, index) => leases.claim({ ...claimant(`b${index}`), nowMs: 1000 + index }, FACTS)));
    await Promise.all(all.flatMap((lease) => (lease === undefined ? [] : [leases.remove(lease)])));
    const latest = all.map((lease) => lease?.incarnation ?? '').toSorted().at(-1) ?? '';
    const next = await leases.claim({ ...claimant('b0', 'another'), nowMs: 0 }, FACTS);
    expect(next !== undefined && next.incarnation > latest).toBe(true);
  });
});
