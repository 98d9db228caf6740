import assert from 'node:assert/strict';
import type { FeedCase, FeedWorld } from '../feed-contract.ts';
import { checkReliable } from '../feed-validators.ts';
import { FeedWriter } from '../feed-writer.ts';
import { countingCheckpoint, fakeOf, openFeed } from './open-feed.ts';

/** Deletes the database and makes it anew, once; `instance_start_time` counts seconds, so the second of its making must be over. */
async function recreate(world: FeedWorld): Promise<void> {
  const { instanceStartTime } = await world.database.info();
  await world.until(() => Math.floor(world.clock.now() / 1000) > Number(instanceStartTime));
  await world.database.remove();
  await world.database.create();
}

/** Whether the database is still the one it was. */
export const identityFeedCases: readonly FeedCase[] = [
  {
    title: 'T14 a database deleted and made anew under the feed leads to one reset, then to its own rows',
    needs: ['lives'],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await writer.put('old');
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      await recreate(world);
      writer.forget();
      await writer.put('new');
      await world.until(() => open.history.has('new', writer.rev('new')), 20_000);
      assert.ok(open.history.resets().length >= 1);
      assert.ok(open.history.resets().every((reason) => reason === 'recreated'));
      assert.equal(open.history.current.has('old'), false);
      checkReliable(open.history, writer.writes);
    },
  },
  {
    title: 'T14 a database made anew while the follower was away leads to one reset before any row',
    needs: ['lives'],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      for (let n = 0; n < 5; n += 1) await writer.put(`old${n}`);
      const checkpoint = countingCheckpoint();
      const open = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => open.history.caughtUp > 0 && open.history.current.size === 5);
      await open[Symbol.asyncDispose]();
      await recreate(world);
      writer.forget();
      for (let n = 0; n < 9; n += 1) await writer.put(`new${n}`);
      await using second = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => second.history.current.size === 9);
      assert.deepEqual(second.history.resets(), ['recreated']);
      assert.equal(second.history.observations[0]?.type, 'reset');
      checkReliable(second.history, writer.writes);
    },
  },
  {
    title: 'T15 a database put back to an earlier state leads to a reset, although its life is the same',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await writer.put('kept');
      const checkpoint = countingCheckpoint();
      const open = openFeed(context, world, { checkpoint: checkpoint.store, neuron: 'n1' });
      await world.until(() => open.history.caughtUp > 0);
      const backup = fake.database('db').snapshot();
      // Barriers are rewritten every few minutes: the backup is older than the last one.
      await world.advance(400_000);
      await writer.put('lost');
      await world.until(() => open.history.current.has('lost'));
      await world.advance(5000);
      await open[Symbol.asyncDispose]();
      fake.database('db').restore(backup);
      await using second = openFeed(context, world, { checkpoint: checkpoint.store, neuron: 'n1' });
      await world.until(() => second.history.resets().length > 0 && second.history.current.has('kept'));
      assert.deepEqual(second.history.resets(), ['restored']);
      assert.equal(second.history.current.has('lost'), false);
    },
  },
  {
    title: 'T15 restarts and lost records of the barrier are not taken for a restore',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const checkpoint = countingCheckpoint();
      for (let life = 0; life < 3; life += 1) {
        const stale = checkpoint.copy();
        const store = life === 2 ? { ...checkpoint.store, load: stale.load } : checkpoint.store;
        const open = openFeed(context, world, { checkpoint: store, neuron: 'n1' });
        await world.until(() => open.history.caughtUp > 0);
        await world.advance(400_000);
        assert.deepEqual(open.history.resets(), []);
        await open[Symbol.asyncDispose]();
      }
    },
  },
  {
    title: 'T12 purged documents are named, although they leave without a row',
    needs: ['purge'],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await writer.put('stays');
      await writer.put('goes');
      await using open = openFeed(context, world, { inspectIntervalMs: 100 });
      await world.until(() => open.history.caughtUp > 0);
      await world.database.json({ method: 'POST', path: '/_purge', body: { goes: [writer.rev('goes')] } });
      await world.until(() => open.history.purged().includes('goes'));
      assert.equal(open.history.current.has('goes'), false);
      assert.equal(open.history.current.has('stays'), true);
      assert.deepEqual(open.history.resets(), []);
    },
  },
  {
    title: 'T12 a purge on a server that does not name what it purged leads to a reset',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      fake.hasPurgedInfos = false;
      const writer = new FeedWriter(world);
      await writer.put('goes');
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      fake.database('db').purge('goes', [writer.rev('goes')]);
      await world.until(() => open.history.resets().length > 0);
      assert.deepEqual(open.history.resets(), ['purged']);
      assert.equal(open.history.current.has('goes'), false);
    },
  },
  {
    title: 'T13 a checkpoint older than tombstones are kept is not resumed from',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await writer.put('a');
      const checkpoint = countingCheckpoint();
      const open = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => open.history.caughtUp > 0 && open.history.current.has('a'));
      await open[Symbol.asyncDispose]();
      checkpoint.change({ savedAtMs: world.clock.now() - 4 * 86_400_000 });
      await using second = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => second.history.current.has('a'));
      assert.deepEqual(second.history.resets(), ['checkpoint-expired']);
    },
  },
  {
    title: 'T14 a reset that was not finished is repeated by the next run',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      await writer.put('old');
      const checkpoint = countingCheckpoint();
      const first = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => first.history.caughtUp > 0);
      await first[Symbol.asyncDispose]();
      fake.remove('db');
      fake.create('db');
      const second = openFeed(context, world, { checkpoint: checkpoint.store, acknowledge: 'manual' });
      await world.until(() => second.history.caughtUp > 0);
      await second[Symbol.asyncDispose]();
      await using third = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => third.history.caughtUp > 0);
      assert.deepEqual(third.history.resets(), ['recreated']);
    },
  },
];
