import assert from 'node:assert/strict';
import type { FeedCase } from '../feed-contract.ts';
import { checkReliable, checkUnique } from '../feed-validators.ts';
import { FeedWriter } from '../feed-writer.ts';
import { countingCheckpoint, fakeOf, onlyStream, openFeed } from './open-feed.ts';

/** Duplicates, disorder, rewinds and positions that mean nothing. */
export const orderFeedCases: readonly FeedCase[] = [
  {
    title: 'T1 rows that come up to five times are delivered as they come and apply once',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      for (let n = 0; n < 5; n += 1) {
        await writer.put(`k${n}`);
        const stream = onlyStream(fake);
        for (let times = 0; times < n; times += 1) stream.sendRow(`k${n}`, fake.database('db').position);
      }
      await world.until(() => open.history.rows('k4').length >= 5);
      checkUnique(open.history);
      checkReliable(open.history, writer.writes);
    },
  },
  {
    title: 'T2 rows out of order across documents are all delivered, the last state wins',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      fake.streamDefaults = { rowsStalled: true };
      for (let n = 0; n < 12; n += 1) await writer.put(`k${n}`);
      await using open = openFeed(context, world, { inspectIntervalMs: 3_600_000 });
      await world.until(() => fake.streams.size === 1);
      const rows = [...fake.database('db').rows(0)];
      const stream = onlyStream(fake);
      for (let at = 0; at < rows.length; at += 1) {
        const row = rows[(at * 5) % rows.length];
        if (row !== undefined) stream.sendRow(row.id, row.position);
      }
      await world.until(() => open.history.current.size === 12);
      checkReliable(open.history, writer.writes);
    },
  },
  {
    title: 'T3 a rewind to the beginning passes through and the position is the server’s',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      for (let n = 0; n < 500; n += 1) await writer.put(`k${n}`);
      await using open = openFeed(context, world, { wanted: (id) => id === 'k7' });
      await world.until(() => open.history.caughtUp > 0);
      onlyStream(fake).rewind(0);
      const rev = await writer.put('k7');
      await world.until(() => open.history.has('k7', rev));
      checkUnique(open.history);
      assert.ok(open.feed.counters.rows >= 1000, 'old rows came again');
      assert.equal(open.feed.ageMs() <= 30_000, true, 'a rewind does not look like a failure');
    },
  },
  {
    title: 'T17 rows without a position keep the last one, and positions whose number falls are used as they are',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      fake.streamDefaults = { nullSeqs: true };
      for (let n = 0; n < 10; n += 1) await writer.put(`k${n}`);
      const checkpoint = countingCheckpoint();
      const open = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => open.history.caughtUp > 0 && open.history.current.size === 10);
      await open[Symbol.asyncDispose]();
      assert.equal(checkpoint.saved.at(-1), fake.database('db').seq(9), 'the last position that was told');
      await using second = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => second.history.caughtUp > 0);
      const asked = fake.requests.filter((request) => request.query.get('feed') === 'continuous').at(-1);
      assert.equal(asked?.query.get('since'), fake.database('db').seq(9), 'byte for byte');
      onlyStream(fake).sendRow('k0', 3, '1-falls');
      await world.until(() => second.history.rows('k0').length > 0);
      onlyStream(fake).endHarmlessly('feed-died');
      await world.until(() => fake.requests.some((request) => request.query.get('since') === '1-falls'));
    },
  },
  {
    title: 'T31 the feed is never filtered on the server',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      await using open = openFeed(context, world, { wanted: () => false });
      await world.until(() => open.history.caughtUp > 0);
      for (const { query, segments } of fake.requests) {
        if (segments[1] !== '_changes') continue;
        for (const name of ['filter', 'view', 'doc_ids', 'selector', 'seq_interval']) assert.equal(query.has(name), false);
      }
    },
  },
  {
    title: 'T23 a row may be cut anywhere: bytes that come one by one make the same rows',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      fake.streamDefaults = { pieceBytes: 1 };
      const writer = new FeedWriter(world);
      for (const id of ['ä', '水\u{1F4A7}', 'quote"d', 'plain']) await writer.put(id, { text: 'ünï💧' });
      const texts: unknown[] = [];
      await using open = openFeed(context, world, {
        includeDocs: 'always',
        onEvent: (event) => void (event.type === 'changes' && texts.push(...event.rows.map((row) => row.doc()?.['text']))),
      });
      await world.until(() => open.history.current.size === 4);
      checkReliable(open.history, writer.writes);
      assert.deepEqual(new Set(texts), new Set(['ünï💧']));
    },
  },
  {
    title: 'T37 lines that are no JSON are counted and left behind',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      for (const poison of ['{"seq":\n', '\u0000\n', '\uFEFF\n', '[1,2\n', `${'['.repeat(10_000)}\n`, '{"id":5}\n', 'null\n', '<html>\n']) onlyStream(fake).sendRaw(poison);
      const rev = await writer.put('after');
      await world.until(() => open.history.has('after', rev));
      assert.equal(open.feed.counters.quarantined, 6);
      assert.equal(open.feed.counters.connections, 1, 'the connection stands');
    },
  },
];
