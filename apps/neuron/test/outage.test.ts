import { VirtualClock } from '@xir/couch-testing';
import type { Memory } from '@xir/kv4';
import { decideHealth, type HealthReport } from '@xir/operations';
import { describe, expect, it } from 'vitest';
import { feedHealth } from '../src/neuron-memory.ts';
import { seededRandom, testSeed } from './random-writers.ts';
import { TroubledDatabase, TROUBLES, type Trouble } from './troubled-database.ts';

const FILE = 'test/outage.test.ts';
const TIMEOUT_MS = 120_000;
const HEARTBEAT_MS = 1000;
/** What a feed may be silent for without counting as dead. */
const DEADLINE_MS = 3 * HEARTBEAT_MS;
/** Keys written in turn: so many that no history has to be moved meanwhile. */
const KEYS = 200;
const MINUTE_MS = 60_000;
const STEP_MS = 250;
/** Milliseconds from the return of the database until a neuron is current again, by trouble: the longest pause or deadline, and the time of the requests themselves. */
const CONVERGED_WITHIN_MS: Record<Trouble, number> = {
  killed: 3500,
  'half-open': DEADLINE_MS + 3500,
  accepting: DEADLINE_MS + 3500,
  deleted: 3500,
  busy: 3500,
  unavailable: 3500,
  // A server that refuses is asked seldom, since asking often prolongs a lock-out.
  unauthorized: 58_000,
  forbidden: 58_000,
};
const CAUSES: Record<Trouble, RegExp> = {
  killed: /cannot be reached/,
  'half-open': /silent for \d+ ms/,
  accepting: /cannot be reached|does not answer/,
  deleted: /does not exist \(404\)/,
  busy: /overloaded \(429 or 503\)/,
  unavailable: /overloaded \(429 or 503\)/,
  unauthorized: /refused the credentials \(401\)/,
  forbidden: /forbids the access \(403\)/,
};

const addressOf = (key: string) => ({ bucket: 'b', layer: '*data', path: '/a', key });

/** Requests in a stretch of time, and in its busiest five seconds. */
interface Requests {
  readonly total: number;
  readonly busiest: number;
}

/** A neuron's memory with steady traffic on it. */
class Traffic {
  readonly database: TroubledDatabase;
  readonly memory: Memory;
  #steps = 0;

  constructor(database: TroubledDatabase, memory: Memory) {
    this.database = database;
    this.memory = memory;
  }

  /** A quarter of a second: a write, a read of something not cached, and a cached read. What fails is the clients' to repeat. */
  async step(): Promise<void> {
    this.#steps += 1;
    const ignore = () => undefined;
    void this.memory.put(addressOf(`k${this.#steps % KEYS}`), this.#steps).catch(ignore);
    void this.memory.get(addressOf(`new${this.#steps}`)).catch(ignore);
    void this.memory.get(addressOf('seen')).catch(ignore);
    await this.database.clock.advance(STEP_MS);
  }

  async run(durationMs: number, each: () => void = () => undefined): Promise<void> {
    for (let passed = 0; passed < durationMs; passed += STEP_MS) {
      await this.step();
      each();
    }
  }

  health(): HealthReport {
    return decideHealth({ feed: feedHealth(this.memory), maxFeedAgeMs: DEADLINE_MS, databaseCommand: 'curl -sS http://database.invalid/_up' });
  }

  requests(fromMs: number, toMs: number): Requests {
    const inside = this.database.requestsAtMs.filter((atMs) => atMs > fromMs && atMs <= toMs);
    return { total: inside.length, busiest: Math.max(...inside.map((atMs) => inside.filter((other) => other > atMs - 5000 && other <= atMs).length)) };
  }
}

async function open() {
  const clock = new VirtualClock();
  const database = new TroubledDatabase(clock, seededRandom(testSeed(FILE)));
  const other = await database.open('other', HEARTBEAT_MS, true);
  const traffic = new Traffic(database, await database.open('n1', HEARTBEAT_MS));
  return { clock, database, other, traffic };
}

/** A minute of what is usual, as the measure of the rest. */
async function baseOf(traffic: Traffic): Promise<Requests> {
  const { clock } = traffic.database;
  const beganMs = clock.monotonic();
  await traffic.run(MINUTE_MS);
  expect(traffic.health().status).toBe('green');
  return traffic.requests(beganMs, clock.monotonic());
}

/** Fails when a minute had more than twice the usual requests, or its busiest five seconds more than three times, beside two for each write that clients were waiting for: to learn what became of it, and to write it. */
function expectNoStorm(base: Requests, seen: Requests, waiting = 0): void {
  expect(base.total).toBeGreaterThan(200);
  expect(seen.total, `requests in a minute; ${base.total} are usual`).toBeLessThanOrEqual(2 * base.total + 2 * waiting);
  expect(seen.busiest, `requests in five seconds; ${base.busiest} are usual`).toBeLessThanOrEqual(3 * base.busiest + 2 * waiting);
}

describe('a database that is away', { timeout: TIMEOUT_MS }, () => {
  it.each(TROUBLES)('(%s) is told by /health with its cause, never hidden by an age, met without a storm of tries, and caught up with in time', async (trouble) => {
    const { clock, database, other, traffic } = await open();
    const { memory } = traffic;
    await memory.get(addressOf('seen'));
    const base = await baseOf(traffic);
    const awayAtMs = clock.monotonic();
    database.begin(trouble);
    const causes: string[] = [];
    await traffic.run(MINUTE_MS, () => {
      const awayMs = clock.monotonic() - awayAtMs;
      const health = traffic.health();
      expect(memory.ageMs(), 'an age is never less than the time since the database was last heard of').toBeGreaterThanOrEqual(awayMs);
      expect(memory.peek(addressOf('seen')), 'cached reads go on').toBeDefined();
      if (awayMs > DEADLINE_MS) {
        expect(health).toMatchObject({ status: 'red', nextCommand: expect.stringContaining('curl') as string });
        causes.push(health.cause);
      } else if (trouble !== 'half-open' && trouble !== 'accepting') {
        expect(health.status, 'known trouble is shown before it makes the neuron red').not.toBe('green');
      }
    });
    expect(causes.at(-1)).toMatch(CAUSES[trouble]);
    const backAtMs = clock.monotonic();
    const waiting = memory.stats().store.commit.pendingOperations;
    expectNoStorm(base, traffic.requests(awayAtMs, backAtMs));
    database.end();
    if (trouble === 'deleted') await other.get(addressOf('seen')).catch(() => undefined);
    let currentAtMs: number | undefined;
    await traffic.run(MINUTE_MS, () => {
      if (currentAtMs === undefined && memory.ageMs() < HEARTBEAT_MS + STEP_MS && traffic.health().status === 'green') currentAtMs = clock.monotonic();
      if (currentAtMs !== undefined) expect(traffic.health().status, 'once green, it stays so').toBe('green');
    });
    expect((currentAtMs ?? Infinity) - backAtMs, 'milliseconds until it was current').toBeLessThanOrEqual(CONVERGED_WITHIN_MS[trouble]);
    expectNoStorm(base, traffic.requests(backAtMs, clock.monotonic()), waiting);
    await Promise.all([memory.close(), other.close()]);
  });

  it('T26: half of all requests refused with 429 and 503 for a minute hold up no row of the feed and bring no storm', async () => {
    const { clock, database, other, traffic } = await open();
    const { memory } = traffic;
    await memory.get(addressOf('watched'));
    const base = await baseOf(traffic);
    const beganMs = clock.monotonic();
    database.refuseShare(0.5);
    let written = 0;
    await traffic.run(MINUTE_MS, () => {
      if (written > 0) expect(memory.peek(addressOf('watched'))?.value, 'what the other wrote a step ago is here').toBe(written);
      void other.put(addressOf('watched'), (written += 1));
      expect(memory.ageMs()).toBeLessThanOrEqual(HEARTBEAT_MS + STEP_MS);
      expect(traffic.health().status).toBe('green');
    });
    const endedMs = clock.monotonic();
    expectNoStorm(base, traffic.requests(beganMs, endedMs));
    database.end();
    await traffic.run(MINUTE_MS);
    expectNoStorm(base, traffic.requests(endedMs, clock.monotonic()));
    await Promise.all([memory.close(), other.close()]);
  });

  it('a database that is merely slow leaves /health green once the feed stands again', async () => {
    const { clock, database, other, traffic } = await open();
    const base = await baseOf(traffic);
    const beganMs = clock.monotonic();
    database.answerLate(400);
    await traffic.run(10_000);
    await traffic.run(MINUTE_MS - 10_000, () => expect(traffic.health().status).toBe('green'));
    expectNoStorm(base, traffic.requests(beganMs, clock.monotonic()));
    await Promise.all([traffic.memory.close(), other.close()]);
  });
});
