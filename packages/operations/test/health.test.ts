import { describe, expect, it } from 'vitest';
import { decideHealth, healthStatusCode, type HealthInput } from '@xir/operations';

const alive: HealthInput = {
  feed: { state: 'following', ageMs: 1200.4, evidence: 'heartbeat' },
  maxFeedAgeMs: 30_000,
  databaseCommand: 'curl -sS http://127.0.0.1:5984/_up',
};

describe('health', () => {
  it('is green while the feed is proved alive, and states the age and the evidence', () => {
    const report = decideHealth(alive);
    expect(report).toMatchObject({ status: 'green', ageMs: 1200, evidence: 'heartbeat' });
    expect(report.nextCommand).toBeUndefined();
    expect(healthStatusCode(report.status)).toBe(200);
  });

  it('is red when the feed is silent for longer than it may be, with cause, age and next command', () => {
    const report = decideHealth({ ...alive, feed: { state: 'reconnecting', ageMs: 30_001, evidence: 'row', cause: 'connection refused' } });
    expect(report).toMatchObject({ status: 'red', ageMs: 30_001, evidence: 'row', nextCommand: 'curl -sS http://127.0.0.1:5984/_up' });
    expect(report.cause).toContain('connection refused');
    expect(healthStatusCode(report.status)).toBe(503);
  });

  it('is green at exactly the largest age', () => {
    expect(decideHealth({ ...alive, feed: { ...alive.feed, ageMs: 30_000 } }).status).toBe('green');
  });

  it('is red when there never was a sign of life, however often it was tried', () => {
    expect(decideHealth({ ...alive, feed: { state: 'connecting', evidence: 'none' } })).toMatchObject({ status: 'red', evidence: 'none' });
    expect(decideHealth({ ...alive, feed: { state: 'connecting', evidence: 'none', ageMs: 3 } }).status).toBe('red');
  });

  it.each<[string, Partial<HealthInput>, string]>([
    ['a divergence', { divergences: 1 }, 'divergence'],
    ['a write below the quorum', { writesNotDurable: 2 }, 'durability'],
    ['a recent event-loop stall', { recentStallMs: 1000 }, 'event-loop'],
    ['draining', { draining: true }, 'draining'],
  ])('turns yellow with %s and still answers 200', (_, change, name) => {
    const report = decideHealth({ ...alive, ...change });
    expect(report.status).toBe('yellow');
    expect(report.checks.filter(({ status }) => status !== 'green').map((check) => check.name)).toEqual([name]);
    expect(healthStatusCode(report.status)).toBe(200);
  });

  it('lets red outweigh yellow', () => {
    const report = decideHealth({ ...alive, divergences: 1, feed: { state: 'reconnecting', evidence: 'none' } });
    expect(report.status).toBe('red');
    expect(report.cause).toContain('feed');
  });

  const self = { neuron: 'a', incarnation: '1', suspect: false, draining: false, load: 0, clients: 0, leaseAgeMs: 3 };
  const membership = { state: 'serving', stateAgeMs: 5000, clients: 'serving', incarnation: '1', manyVanished: false, neurons: [self] };

  it('shows how the neuron stands among those of its system, and is green while it holds its lease', () => {
    const report = decideHealth({ ...alive, membership });
    expect(report).toMatchObject({ status: 'green', membership });
    expect(report.checks.find(({ name }) => name === 'membership')).toMatchObject({ status: 'green', ageMs: 5000 });
  });

  it.each<[string, string, Partial<typeof membership>]>([
    ['yellow', 'yet to see whether it still holds its lease', { state: 'doubtful', clients: 'holding' }],
    ['yellow', 'are being registered in a new life', { clients: 'holding' }],
    ['yellow', 'more than half of all neurons vanished at once', { manyVanished: true }],
    ['red', 'sees neither the database nor any other neuron', { state: 'isolated', clients: 'isolated' }],
    ['red', 'another process has registered with the name', { state: 'superseded', clients: 'away' }],
  ])('turns %s where %s', (status, cause, change) => {
    const report = decideHealth({ ...alive, membership: { ...membership, ...change } });
    expect(report.status).toBe(status);
    expect(report.cause).toContain(cause);
  });
});
