import { systemClock, type Clock } from '@xir/couch-client';
import { CouchClient } from '@xir/couch-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ScriptedTransport } from './support/scripted-transport.ts';
import { embeddedServer, TestDatabase } from './support/servers.ts';

let server: Awaited<ReturnType<typeof embeddedServer>>;
beforeAll(async () => {
  server = await embeddedServer();
});
afterAll(() => server.close());

/** A clock that jumps as the machine's does for a process that was stopped: time has passed, and no timer has run. */
class JumpingClock implements Clock {
  #offsetMs = 0;

  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  now(): number {
    return systemClock.now() + this.#offsetMs;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#offsetMs;
  }

  schedule(delayMs: number, run: () => void) {
    return systemClock.schedule(delayMs, run);
  }
}

describe('a process that stood still', () => {
  it('M8: takes nothing that lay in its sockets meanwhile for a sign of the present, until the database has answered again', async () => {
    await using database = new TestDatabase(server.url);
    const transport = new ScriptedTransport(server.url);
    const clock = new JumpingClock();
    const client = new CouchClient({ url: server.url, transport, clock });
    const memory = await database.open({ client, clock, heartbeatMs: 500 });
    const rows = () => memory.stats().feed.heartbeats;
    await vi.waitFor(() => expect(memory.ageMs()).toBeLessThan(400));
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    transport.next('limit=', async (_, forward) => answered.then(forward), 1_000);
    const before = rows();
    clock.jump(5_000);
    expect(memory.ageMs()).toBeGreaterThanOrEqual(5_000);
    // Heartbeats are read, stamped with the present: nobody knows when they were sent.
    await vi.waitFor(() => expect(rows()).toBeGreaterThan(before + 1), { timeout: 10_000 });
    expect(memory.ageMs()).toBeGreaterThanOrEqual(5_000);
    answer();
    await vi.waitFor(() => expect(memory.ageMs()).toBeLessThan(2_000), { timeout: 10_000 });
    transport.cutFeed();
    await memory.close();
    await client.close();
    await transport.close();
  });
});
