import assert from 'node:assert/strict';
import { isFeedRequest } from '../fake-couch.ts';
import { jsonResponse } from '../fake-exchange.ts';
import type { FeedCase } from '../feed-contract.ts';
import { checkHistory } from '../feed-validators.ts';
import { FeedWriter } from '../feed-writer.ts';
import { countingCheckpoint, fakeOf, onlyStream, openFeed } from './open-feed.ts';

const BUSY_STATUSES = [429, 500, 502, 503] as const;
const USER = { name: 'ada', password: 'secret' };

const busyCases: readonly FeedCase[] = BUSY_STATUSES.map((status) => ({
  title: `T26 a server that answers ${status} to every second request for a minute costs no row and is not stormed`,
  needs: ['scripted'],
  async run(context) {
    const world = await context.open();
    const fake = fakeOf(world);
    const writer = new FeedWriter(world);
    await using open = openFeed(context, world);
    await world.until(() => open.history.caughtUp > 0);
    let turn = 0;
    const stop = fake.script(
      'busy',
      (request) => request.method === 'GET' && (turn += 1) % 2 === 0,
      () => jsonResponse(status, { error: 'busy', reason: 'scripted' }),
    );
    const before = fake.requests.length;
    for (let second = 0; second < 60; second += 5) {
      for (const stream of fake.streams) stream.break();
      await writer.put(`k${second}`);
      await world.advance(5000);
    }
    stop();
    assert.ok(fake.requests.length - before <= 240, `${fake.requests.length - before} requests in a minute`);
    await world.until(() => open.history.current.size === 12);
    checkHistory(open.history, writer.writes);
  },
}));

/** What servers refuse. */
export const refusalFeedCases: readonly FeedCase[] = [
  ...busyCases,
  {
    title: 'T26 Retry-After is honoured',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      const refusals: number[] = [];
      fake.script(
        'busy',
        isFeedRequest,
        (request) => {
          refusals.push(request.atMs);
          return jsonResponse(429, { error: 'too_many_requests' }, { 'retry-after': '20' });
        },
        3,
      );
      onlyStream(fake).break();
      await world.until(() => refusals.length === 3 && fake.streams.size === 1, 180_000);
      assert.ok((refusals[1] ?? 0) - (refusals[0] ?? 0) >= 20_000);
      assert.ok((refusals[2] ?? 0) - (refusals[1] ?? 0) >= 20_000);
    },
  },
  {
    title: 'T27 a feed outlives its cookie: it is renewed and reconnections are accepted',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open({ user: USER, cookieLifetimeMs: 5000 });
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      const database = world.connect({ type: 'cookie', username: USER.name, password: USER.password }).database('db');
      await using open = openFeed(context, world, { database });
      await world.until(() => open.history.caughtUp > 0);
      for (let second = 0; second < 60; second += 7) {
        await world.advance(7000);
        onlyStream(fake).break();
        const rev = await writer.put(`k${second}`);
        await world.until(() => open.history.has(`k${second}`, rev));
      }
      assert.equal(open.history.error, undefined);
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T27 credentials that are refused twice end the feed with FEED_UNAUTHORIZED',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open({ user: USER });
      const fake = fakeOf(world);
      const database = world.connect({ type: 'cookie', username: USER.name, password: 'wrong' }).database('db');
      const open = openFeed(context, world, { database });
      await world.until(() => open.history.ended, 300_000);
      assert.equal((open.history.error as { code?: unknown }).code, 'FEED_UNAUTHORIZED');
      assert.equal(open.feed.state, 'failed');
      const logins = fake.requests.filter((request) => request.segments[0] === '_session').length;
      assert.ok(logins <= 2, `${logins} logins: servers lock accounts out`);
      await open.feed.close();
    },
  },
  {
    title: 'T27 403 may be a lock-out: the feed waits long, warns and comes back',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      let refused = 0;
      const stop = fake.script(
        'locked out',
        (request) => request.segments[0] === 'db' && request.method === 'GET',
        () => {
          refused += 1;
          return jsonResponse(403, { error: 'forbidden', reason: 'Account is temporarily locked' });
        },
      );
      onlyStream(fake).break();
      await world.advance(120_000);
      assert.ok(refused >= 2 && refused <= 30, `${refused} requests in two minutes`);
      assert.ok(open.history.warnings.includes('forbidden'));
      stop();
      const rev = await writer.put('after');
      await world.until(() => open.history.has('after', rev));
    },
  },
  {
    title: 'T16 only a database that says itself it is missing is missing; the feed waits for it',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      fake.script('route lost', isFeedRequest, () => jsonResponse(404, { error: 'not_found', reason: 'no such route' }), 1);
      onlyStream(fake).break();
      const first = await writer.put('a');
      await world.until(() => open.history.has('a', first));
      assert.deepEqual(open.history.resets(), []);
      fake.remove('db');
      await world.until(() => open.history.warnings.includes('database-missing'));
      await world.advance(30_000);
      fake.create('db');
      writer.forget();
      const rev = await writer.put('b');
      await world.until(() => open.history.has('b', rev));
      assert.deepEqual(open.history.resets(), ['recreated']);
    },
  },
  {
    title: 'T16 a missing database ends the feed where that was asked for',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      fakeOf(world).remove('db');
      const open = openFeed(context, world, { onMissing: 'fail' });
      await world.until(() => open.history.ended);
      assert.equal((open.history.error as { code?: unknown }).code, 'FEED_DATABASE_MISSING');
      await open.feed.close();
    },
  },
  {
    title: 'T28 a checkpoint that cannot be saved is reported and saved later; the feed goes on',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      const checkpoint = countingCheckpoint();
      let failing = true;
      const store = { ...checkpoint.store, save: (value: Parameters<typeof checkpoint.store.save>[0]) => (failing ? Promise.reject(new Error('disk full')) : checkpoint.store.save(value)) };
      await using open = openFeed(context, world, { checkpoint: store });
      await world.until(() => open.history.warnings.includes('checkpoint-failed'));
      failing = false;
      const rev = await writer.put('a');
      await world.until(() => open.history.has('a', rev));
      await writer.put('b');
      await world.until(() => checkpoint.saved.length > 0);
    },
  },
];
