import assert from 'node:assert/strict';
import { isFeedRequest } from '../fake-couch.ts';
import { silentResponse } from '../fake-exchange.ts';
import { HARMLESS_ENDINGS } from '../fake-stream.ts';
import type { FeedCase } from '../feed-contract.ts';
import { checkHistory } from '../feed-validators.ts';
import { FeedWriter } from '../feed-writer.ts';
import { fakeOf, onlyStream, openFeed } from './open-feed.ts';

/** Each of the six ways in which a feed ends although nothing is wrong. */
const endingCases: readonly FeedCase[] = HARMLESS_ENDINGS.map((ending) => ({
  title: `T16 a feed that ends by ${ending} goes on at once and loses nothing`,
  needs: ['scripted'],
  async run(context) {
    const world = await context.open();
    const fake = fakeOf(world);
    const writer = new FeedWriter(world);
    await writer.put('a');
    await using open = openFeed(context, world);
    await world.until(() => open.history.caughtUp > 0);
    const endedAtMs = world.clock.monotonic();
    onlyStream(fake).endHarmlessly(ending);
    const rev = await writer.put('b');
    await world.until(() => open.history.has('b', rev));
    assert.equal(world.clock.monotonic() - endedAtMs, 0, 'no back-off the first time');
    assert.deepEqual(open.history.resets(), []);
    assert.equal(open.history.current.has('a'), true, 'an ending deletes nothing');
    checkHistory(open.history, writer.writes);
  },
}));

/** What networks and proxies do. */
export const connectionFeedCases: readonly FeedCase[] = [
  ...endingCases,
  {
    title: 'T16 a server that ends every feed at once is not hammered',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      const endAll = () => {
        for (const stream of fake.streams) stream.endWithLastSeq();
      };
      const before = open.feed.counters.connections;
      for (let second = 0; second < 60; second += 1) {
        endAll();
        await world.advance(1000);
      }
      const made = open.feed.counters.connections - before;
      assert.ok(made >= 3, `only ${made} connections`);
      assert.ok(made <= 30, `${made} connections in a minute`);
    },
  },
  {
    title: 'T23 a connection cut in the middle of a row brings that row again, whole',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      onlyStream(fake).break('{"seq":"99-x","id":"half","changes":[{"rev":"1-');
      const rev = await writer.put('whole');
      await world.until(() => open.history.has('whole', rev));
      assert.equal(open.history.current.has('half'), false);
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T19 a connection on which nothing comes any more is replaced within 31 seconds',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world, { inspectIntervalMs: 3_600_000 });
      await world.until(() => open.history.caughtUp > 0);
      await world.advance(25_000);
      onlyStream(fake).stall();
      const stalledAtMs = world.clock.monotonic();
      const rev = await writer.put('unseen');
      await world.until(() => open.history.has('unseen', rev));
      assert.ok(world.clock.monotonic() - stalledAtMs <= 31_000, `recovered after ${world.clock.monotonic() - stalledAtMs} ms`);
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T32 one connection to the feed is open at a time, however many were given up',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world, { inspectIntervalMs: 3_600_000 });
      await world.until(() => open.history.caughtUp > 0);
      for (let n = 0; n < 3; n += 1) {
        onlyStream(fake).stall();
        const rev = await writer.put(`unseen${n}`);
        await world.until(() => open.history.has(`unseen${n}`, rev));
      }
      assert.ok(open.feed.counters.connections > 3, 'the connections that fell silent were given up');
      onlyStream(fake);
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T19 heartbeats alone keep a connection of a quiet database',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      await world.advance(600_000);
      assert.equal(open.feed.counters.connections, 1);
      assert.ok(open.feed.ageMs() <= 10_000);
    },
  },
  {
    title: 'T20 attempts are no sign of life: the age grows as long as no byte comes',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      const stop = fake.script('silence', (request) => request.segments[1] === '_changes', () => silentResponse());
      onlyStream(fake).break();
      await world.advance(300_000);
      assert.ok(open.feed.counters.connections > 3, 'it tried');
      assert.ok(open.feed.ageMs() >= 300_000, `the age is ${open.feed.ageMs()} ms after 300 s of silence`);
      stop();
      await world.until(() => open.feed.ageMs() <= 10_000, 200_000);
    },
  },
  {
    title: 'T21 behind a proxy that buffers the feed becomes a long poll, with a warning',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      fake.streamDefaults = { bufferBytes: 4096 };
      await using open = openFeed(context, world, { inspectIntervalMs: 3_600_000 });
      await world.until(() => open.history.warnings.includes('buffering-proxy'), 60_000);
      const writtenAtMs = world.clock.monotonic();
      const rev = await writer.put('through');
      await world.until(() => open.history.has('through', rev));
      assert.ok(world.clock.monotonic() - writtenAtMs <= 1000, 'a write comes through at once');
      await world.advance(60_000);
      assert.ok(open.feed.ageMs() <= 11_000);
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T21 heartbeats without rows do not hide that rows are missing',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      onlyStream(fake).rowsStalled = true;
      const rev = await writer.put('held back');
      await world.until(() => open.history.has('held back', rev), 180_000);
      await world.until(() => open.history.warnings.includes('stalled'), 180_000);
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'a proof holds although the stream lags: what it has not brought is fetched',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world, { inspectIntervalMs: 3_600_000 });
      await world.until(() => open.history.caughtUp > 0);
      onlyStream(fake).rowsStalled = true;
      const rev = await writer.put('behind');
      let proved = false;
      void open.feed.prove().then(() => (proved = true));
      await world.until(() => proved);
      assert.ok(open.history.has('behind', rev), 'the write is known');
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'probes are shared by all who ask while one is under way',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      const isProbe = (request: { segments: readonly string[]; query: URLSearchParams }) => request.segments[1] === '_changes' && !request.query.has('feed');
      const before = fake.requests.filter(isProbe).length;
      let proved = 0;
      for (let n = 0; n < 100; n += 1) void open.feed.prove().then(() => (proved += 1));
      await world.until(() => proved === 100);
      assert.ok(fake.requests.filter(isProbe).length - before <= 2, 'a hundred questions, two probes at most');
    },
  },
  {
    title: 'a proof that does not come in time is refused with FEED_NOT_PROVED, and with FEED_CLOSED when the feed ends',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      fake.script('silence', (request) => request.segments[1] === '_changes', () => silentResponse());
      const codes: unknown[] = [];
      const note = (error: unknown) => void codes.push((error as { code?: unknown }).code);
      void open.feed.prove({ timeoutMs: 5000 }).catch(note);
      await world.until(() => codes.length === 1, 6000);
      void open.feed.prove().catch(note);
      await open.feed.close();
      await world.until(() => codes.length === 2);
      assert.deepEqual(codes, ['FEED_NOT_PROVED', 'FEED_CLOSED']);
    },
  },
  {
    title: 'T22 headers that come with the first byte only delay nothing but themselves',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      fake.script('late headers', isFeedRequest, (request) => ({ ...fake.answer(request), headersAfterMs: 10_000 }));
      await using open = openFeed(context, world);
      const rev = await writer.put('a');
      await world.until(() => open.history.has('a', rev), 15_000);
      assert.equal(open.feed.counters.connections, 1);
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T22 a server that never sends headers is given up and asked again',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      fake.script('no headers', isFeedRequest, () => silentResponse(Infinity), 3);
      await using open = openFeed(context, world, { inspectIntervalMs: 3_600_000 });
      const rev = await writer.put('a');
      await world.until(() => open.history.has('a', rev), 180_000);
      assert.ok(open.feed.counters.connections >= 4);
    },
  },
  {
    title: 'T19 a look at the database that is never answered is given up',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      fake.script('silent information', (request) => request.method === 'GET' && request.segments.length === 1, () => silentResponse(Infinity), 2);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0, 120_000);
      assert.equal(open.feed.state, 'streaming');
    },
  },
];
