import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  createMetrics,
  NEURON_METRICS,
  OperationsError,
  silentLogger,
  startOperationsServer,
  type HealthInput,
  type NeuronSnapshot,
  type Readiness,
} from '@xir/operations';

interface State {
  health: HealthInput;
  readiness: Readiness;
  snapshot: () => NeuronSnapshot;
}

function newState(): State {
  return {
    health: { feed: { state: 'following', ageMs: 5, evidence: 'row' }, maxFeedAgeMs: 100, databaseCommand: 'curl -sS http://db/_up' },
    readiness: { ready: true, cause: 'started' },
    snapshot: () => ({}),
  };
}

function start(state: State, port = 0) {
  const metrics = createMetrics({ definitions: NEURON_METRICS, snapshot: () => state.snapshot(), defaultLabels: { neuron: 'n1' } });
  return startOperationsServer({ port, health: () => state.health, readiness: () => state.readiness, metrics, logger: silentLogger });
}

describe('the operations server', () => {
  it('answers /health with 200 while green and 503 as soon as it is red', async () => {
    const state = newState();
    await using server = await start(state);
    const green = await fetch(`${server.url}/health`);
    expect([green.status, ((await green.json()) as { status: string }).status]).toEqual([200, 'green']);
    state.health = { ...state.health, feed: { state: 'reconnecting', ageMs: 101, evidence: 'row' } };
    const red = await fetch(`${server.url}/health?verbose`);
    expect(red.status).toBe(503);
    expect(red.headers.get('cache-control')).toBe('no-store');
    expect(await red.json()).toMatchObject({ status: 'red', ageMs: 101, evidence: 'row', nextCommand: 'curl -sS http://db/_up' });
  });

  it('answers /ready with 503 and the cause while traffic should not come', async () => {
    const state = newState();
    await using server = await start(state);
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    state.readiness = { ready: false, cause: 'draining' };
    const response = await fetch(`${server.url}/ready`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, cause: 'draining' });
  });

  it('reads metrics at scrape time', async () => {
    const state = newState();
    let hits = 1;
    state.snapshot = () => ({
      version: '0.1.0',
      cache: { hits, misses: 2, entries: 3, bytes: 400 },
      feed: { alive: true, ageMs: 1500, lagMs: 20, pending: 0 },
      requests: [{ labels: { service: '_data', method: 'GET', outcome: 'ok' }, value: 7 }],
    });
    await using server = await start(state);
    const first = await (await fetch(`${server.url}/metrics`)).text();
    expect(first).toContain('xir_cache_hits_total{neuron="n1"} 1\n');
    expect(first).toContain('xir_feed_age_seconds{neuron="n1"} 1.5\n');
    expect(first).toContain('xir_requests_total{service="_data",method="GET",outcome="ok",neuron="n1"} 7\n');
    expect(first).toContain('process_cpu_user_seconds_total');
    hits = 5;
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('xir_cache_hits_total{neuron="n1"} 5\n');
  });

  it('exports no sample for what is not known', async () => {
    const state = newState();
    await using server = await start(state);
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('# TYPE xir_cache_hits_total counter');
    expect(text).not.toMatch(/^xir_cache_hits_total[{ ]/m);
  });

  it('survives a snapshot function that throws, and answers 500', async () => {
    const state = newState();
    await using server = await start(state);
    state.snapshot = () => {
      throw new Error('broken');
    };
    expect((await fetch(`${server.url}/metrics`)).status).toBe(500);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it('refuses other methods and other paths in JSON', async () => {
    await using server = await start(newState());
    expect((await fetch(`${server.url}/health`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
    const head = await fetch(`${server.url}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('reports a port that is taken as OPERATIONS_LISTEN_FAILED', async () => {
    await using server = await start(newState());
    const refused = await start(newState(), server.port).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OperationsError);
    expect(refused).toMatchObject({ code: 'OPERATIONS_LISTEN_FAILED' });
  });

  it('closes at once although a client holds its connection open, and closing twice is harmless', async () => {
    const server = await start(newState());
    const socket = connect(server.port, server.host);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    await Promise.all([server.close(), server.close(), closed]);
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it('names every metric once, with a unit, and counters end in _total', () => {
    const names = NEURON_METRICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type, help } of NEURON_METRICS) {
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(help.length).toBeGreaterThan(10);
    }
  });
});
