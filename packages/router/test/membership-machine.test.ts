import { describe, expect, it } from 'vitest';
import type { MembershipAction } from '../src/membership/events.ts';
import type { StoredLease } from '../src/membership/lease.ts';
import { MembershipMachine } from '../src/membership/membership-machine.ts';
import { DEFAULT_MEMBERSHIP_TIMES } from '../src/membership/times.ts';

const SELF = { neuron: 'a', incarnation: '0000000000000001' };
const B1 = '0000000000000001';
const B2 = '0000000000000002';

function lease(incarnation: string, version: string, facts: Partial<StoredLease> = {}): StoredLease {
  return { neuron: 'b', incarnation, version, renewal: 1, process: 'b', load: 0, clients: 0, draining: false, left: false, ...facts };
}

function begun() {
  return new MembershipMachine({ self: SELF, times: DEFAULT_MEMBERSHIP_TIMES, atMs: 0, wallMs: 0 });
}

/** Time passes in steps of half a second; what is to be done is gathered. */
function ticks(machine: MembershipMachine, fromMs: number, toMs: number): MembershipAction[] {
  const actions: MembershipAction[] = [];
  for (let atMs = fromMs; atMs <= toMs; atMs += 500) actions.push(...machine.step({ type: 'tick', atMs, wallMs: atMs }));
  return actions;
}

describe('the machine that decides who is alive', () => {
  it('E5: believes no lease of a life before the one it talks to', () => {
    const machine = begun();
    machine.step({ type: 'lease', lease: lease(B1, '1'), atMs: 0 });
    machine.step({ type: 'answer', life: { neuron: 'b', incarnation: B2 }, sees: {}, atMs: 10 });
    expect(machine.isLive('b', B2)).toBe(true);
    machine.step({ type: 'lease', lease: lease(B1, '2', { renewal: 2 }), atMs: 20 });
    expect([machine.isLive('b', B1), machine.isLive('b', B2)]).toEqual([false, true]);
    machine.step({ type: 'lease', lease: lease(B2, '3'), atMs: 30 });
    expect(machine.isLive('b', B2)).toBe(true);
  });

  it('E19: believes the lease of a later life, whatever the clock of the host that wrote it says', () => {
    const machine = begun();
    machine.step({ type: 'lease', lease: lease(B1, '5'), atMs: 0 });
    // The lease was removed, which was not told, and made again by a host whose clock is behind.
    machine.step({ type: 'lease', lease: lease(B2, '3'), atMs: 10 });
    expect([machine.isLive('b', B1), machine.isLive('b', B2)]).toEqual([false, true]);
    machine.step({ type: 'lease', lease: lease(B2, '4', { renewal: 2 }), atMs: 20 });
    expect([...machine.live()].map(({ incarnation }) => incarnation)).toEqual([B2]);
  });

  it('E3: asks the database before it gives a neuron up, and lets it live where the lease was renewed', () => {
    const machine = begun();
    machine.step({ type: 'lease', lease: lease(B1, '1'), atMs: 0 });
    for (let atMs = 1000; atMs <= 5000; atMs += 1000) machine.step({ type: 'miss', neuron: 'b', refused: false, atMs });
    expect(ticks(machine, 500, 5000)).toContainEqual({ type: 'confirm', neuron: 'b' });
    expect(machine.isLive('b', B1)).toBe(true);
    // The feed was late: the lease was renewed.
    machine.step({ type: 'lease', lease: lease(B1, '2', { renewal: 2 }), atMs: 5010 });
    machine.step({ type: 'lease-confirmed', neuron: 'b', version: '2', atMs: 5010 });
    expect(machine.isLive('b', B1)).toBe(true);
    ticks(machine, 5500, 9000);
    expect(machine.isLive('b', B1)).toBe(true);
    machine.step({ type: 'lease-confirmed', neuron: 'b', version: '2', atMs: 9100 });
    expect(machine.isLive('b', B1)).toBe(false);
  });

  it('E4: does not serve in a new life that was begun before a standstill', () => {
    const machine = begun();
    machine.step({ type: 'lease-lost', atMs: 100 });
    // The work is under way when the process is frozen for a minute; its answer is read behind that.
    machine.step({ type: 'tick', atMs: 60_000, wallMs: 60_000 });
    machine.step({ type: 'reborn', incarnation: B2, begunAtMs: 200, atMs: 60_001 });
    expect([machine.state, machine.self.incarnation]).toEqual(['doubtful', B2]);
    expect(ticks(machine, 60_500, 62_000)).toContainEqual({ type: 'rebirth' });
    machine.step({ type: 'reborn', incarnation: '0000000000000003', begunAtMs: 62_000, atMs: 62_010 });
    expect(machine.state).toBe('serving');
  });

  it('E4: a short standstill within the work for a new life has the lease looked at, no more', () => {
    const machine = begun();
    machine.step({ type: 'lease-lost', atMs: 100 });
    machine.step({ type: 'tick', atMs: 2000, wallMs: 2000 });
    machine.step({ type: 'reborn', incarnation: B2, begunAtMs: 200, atMs: 2001 });
    expect(machine.state).toBe('doubtful');
    const actions = ticks(machine, 2500, 3500);
    expect(actions).toContainEqual({ type: 'verify' });
    expect(actions).not.toContainEqual({ type: 'rebirth' });
    machine.step({ type: 'renewed', begunAtMs: 3000, atMs: 3510 });
    expect(machine.state).toBe('serving');
  });

  it('E4: registers anew after a standstill that was longer than a lease lasts, whatever its lease says', () => {
    const machine = begun();
    ticks(machine, 500, 1000);
    expect(machine.step({ type: 'tick', atMs: 6000, wallMs: 6000 })).toContainEqual({ type: 'rebirth' });
    machine.step({ type: 'renewed', begunAtMs: 6001, atMs: 6002 });
    expect(machine.state).toBe('doubtful');
  });
});
