import assert from 'node:assert/strict';
import { isFeedRequest } from '../fake-couch.ts';
import { jsonResponse } from '../fake-exchange.ts';
import type { FeedCase } from '../feed-contract.ts';
import { checkHistory, checkReliable, checkResumable } from '../feed-validators.ts';
import { FeedWriter } from '../feed-writer.ts';
import { countingCheckpoint, fakeOf, openFeed } from './open-feed.ts';

const STRANGE_IDS = ['_design/x', 'a+b/c%2F', 'with "quotes" and \\', 'ünï💧', 'd!cool!data!!key', '{"seq":"1","id":"x"', ' '];

/** Looks in a row at which a feed has read nothing more, before it counts as at rest. */
const LOOKS_AT_REST = 20;

/** What any follower does on any server. */
export const basicFeedCases: readonly FeedCase[] = [
  {
    title: 'delivers what was written before and during the feed, ordered, unique, reliable and bookmarkable',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      for (let n = 0; n < 20; n += 1) await writer.put(`k${n % 7}`);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      for (let n = 0; n < 20; n += 1) await writer.put(`k${n % 9}`);
      await world.until(() => writer.writes.slice(-9).every(({ id, rev }) => open.history.has(id, rev)));
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T11 a deletion is a row, and a document that comes back is one again',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await writer.put('a');
      const deleted = await writer.delete('a');
      await world.until(() => open.history.has('a', deleted));
      assert.equal(open.history.current.get('a')?.deleted, true);
      const again = await writer.put('a');
      await world.until(() => open.history.has('a', again));
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'T18 a feed from now takes its position first: nothing written after it began is missed',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await writer.put('before');
      await using open = openFeed(context, world, { since: 'now' });
      await world.until(() => open.feed.lastAppliedSeq !== undefined);
      const after = await writer.put('after');
      await world.until(() => open.history.has('after', after));
      assert.equal(open.history.current.has('before'), false);
    },
  },
  {
    title: 'T18 a feed from now whose first connection is refused misses nothing that was written meanwhile',
    needs: ['scripted'],
    async run(context) {
      const world = await context.open();
      const fake = fakeOf(world);
      const writer = new FeedWriter(world);
      let refusals = 0;
      fake.script('refusal', isFeedRequest, () => ((refusals += 1), jsonResponse(503, { error: 'maintenance' })), 1);
      await using open = openFeed(context, world, { since: 'now' });
      await world.until(() => refusals === 1);
      const meanwhile = await writer.put('meanwhile');
      await world.until(() => open.history.has('meanwhile', meanwhile));
    },
  },
  {
    title: 'T30 ids of every shape are delivered as they are',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      for (const id of STRANGE_IDS) await writer.put(id, id.startsWith('_design/') ? { language: 'javascript' } : {});
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      assert.deepEqual([...open.history.current.keys()].sort(), [...STRANGE_IDS].sort());
      checkReliable(open.history, writer.writes);
    },
  },
  {
    title: 'T30 an id may hold NUL',
    needs: ['nulIds'],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      const rev = await writer.put('nul\u0000inside');
      await using open = openFeed(context, world);
      await world.until(() => open.history.has('nul\u0000inside', rev));
      assert.deepEqual([...open.history.current.keys()], ['nul\u0000inside']);
    },
  },
  {
    title: 'T6 rows tell how many leaves a document has, and the conflicted ones are counted',
    needs: [],
    async run(context) {
      const world = await context.open();
      const body = { new_edits: false, docs: ['a', 'b'].map((hash) => ({ _id: 'c', _rev: `1-${hash.repeat(32)}`, from: hash })) };
      await world.database.json({ method: 'POST', path: '/_bulk_docs', body });
      const leaves: number[] = [];
      await using open = openFeed(context, world, {
        onEvent: (event) => void (event.type === 'changes' && leaves.push(...event.rows.map((row) => row.revs.length))),
      });
      await world.until(() => open.history.current.has('c'));
      assert.equal(Math.max(...leaves), 2);
      assert.ok(open.feed.counters.conflicted >= 1);
      assert.equal(open.history.current.get('c')?.rev, `1-${'b'.repeat(32)}`, 'the winner comes first');
    },
  },
  {
    title: 'T24 a document of a megabyte passes among small ones and is read when it is asked for',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await writer.put('small');
      await writer.put('big', { text: 'x'.repeat(1_000_000) });
      await writer.put('after');
      let length = 0;
      await using open = openFeed(context, world, {
        includeDocs: 'always',
        onEvent: (event) => {
          if (event.type !== 'changes') return;
          for (const row of event.rows) if (row.id === 'big') length = String(row.doc()?.['text']).length;
        },
      });
      await world.until(() => open.history.caughtUp > 0);
      assert.equal(length, 1_000_000);
      checkReliable(open.history, writer.writes);
    },
  },
  {
    title: 'T24 a row longer than allowed is delivered without its content and ends nothing',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await writer.put('big', { text: 'x'.repeat(300_000) });
      await writer.put('after');
      const problems: (string | undefined)[] = [];
      await using open = openFeed(context, world, {
        includeDocs: 'always',
        maxLineBytes: 100_000,
        onEvent: (event) => void (event.type === 'changes' && problems.push(...event.rows.filter(({ id }) => id === 'big').map(({ problem }) => problem))),
      });
      await world.until(() => open.history.has('after', writer.rev('after')) && open.history.has('big', writer.rev('big')));
      assert.equal(problems[0], 'oversized');
    },
  },
  {
    title: 'T37 documents made to hurt a parser are delivered',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      let deep: unknown = 1;
      for (let depth = 0; depth < 400; depth += 1) deep = [deep];
      await writer.put('deep', { deep });
      await writer.put('proto', { inside: JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1}}') as object });
      await writer.put('looks', { text: '"id":"fake","seq":"9-x"\n{"last_seq":"0"}' });
      await using open = openFeed(context, world, {
        includeDocs: 'always',
        onEvent: (event) => void (event.type === 'changes' && event.rows.forEach((row) => row.doc())),
      });
      await world.until(() => open.history.caughtUp > 0);
      checkHistory(open.history, writer.writes);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    },
  },
  {
    title: 'T42 a consumer that is slow holds the server back and loses nothing',
    needs: [],
    async run(context) {
      const world = await context.open();
      const docs = Array.from({ length: 3000 }, (_, n) => ({ _id: `d${n}`, text: 'y'.repeat(500) }));
      await world.database.json({ method: 'POST', path: '/_bulk_docs', body: { docs } });
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      await using open = openFeed(context, world, { maxQueueRows: 200, includeDocs: 'always', onEvent: () => gate });
      try {
        await world.until(() => open.feed.counters.rows >= 200);
        // It may go on for a moment; whoever reads without bound does not come to rest before everything is read.
        let seen = 0;
        let looksAtRest = 0;
        await world.until(() => {
          const { rows } = open.feed.counters;
          looksAtRest = rows === seen ? looksAtRest + 1 : 0;
          seen = rows;
          return looksAtRest >= LOOKS_AT_REST || rows === docs.length;
        });
        assert.ok(open.feed.counters.rows < 2500, `the feed read ${open.feed.counters.rows} rows ahead of its consumer`);
      } finally {
        release();
      }
      await world.until(() => open.history.current.size === 3000, 30_000);
    },
  },
  {
    title: 'T28 the position never passes what the consumer has not finished, and a new run delivers it again',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await writer.put('a');
      const checkpoint = countingCheckpoint();
      const unfinished: (() => void)[] = [];
      const open = openFeed(context, world, {
        checkpoint: checkpoint.store,
        checkpointIntervalMs: 1,
        acknowledge: 'manual',
        onEvent: (event) => {
          if (event.type !== 'changes') return;
          if (event.rows.some(({ id }) => id === 'hold')) unfinished.push(() => event.ack());
          else event.ack();
        },
      });
      await world.until(() => open.history.has('a', writer.rev('a')));
      await world.until(() => checkpoint.saved.length > 0);
      await writer.put('hold');
      await world.until(() => open.history.current.has('hold'));
      const finished = [...open.history.observations].filter((each) => each.type !== 'row' || each.id !== 'hold');
      await writer.put('later');
      await world.until(() => open.history.current.has('later'));
      await open[Symbol.asyncDispose]();
      await using second = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => second.history.current.has('later'));
      checkResumable(finished.filter((each) => each.type !== 'row' || each.id !== 'later'), second.history.observations, writer.writes);
      assert.equal(second.history.current.has('a'), false, 'what was finished does not come again');
    },
  },
  {
    title: 'T29 rows nobody wants are not delivered, yet the position follows them',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      const checkpoint = countingCheckpoint();
      await writer.put('want1');
      for (let n = 0; n < 30; n += 1) await writer.put(`not${n}`);
      const open = openFeed(context, world, { wanted: (id) => id.startsWith('want'), checkpoint: checkpoint.store });
      await world.until(() => open.history.caughtUp > 0 && open.feed.counters.rows >= 31);
      assert.deepEqual([...open.history.current.keys()], ['want1']);
      await open[Symbol.asyncDispose]();
      await using second = openFeed(context, world, { checkpoint: checkpoint.store });
      await world.until(() => second.history.caughtUp > 0);
      assert.deepEqual([...second.history.current.keys()], [], 'nothing is left to deliver');
    },
  },
  {
    title: 'a proof comes only after everything written before was delivered and finished',
    needs: [],
    async run(context) {
      const world = await context.open();
      const writer = new FeedWriter(world);
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      for (let n = 0; n < 10; n += 1) {
        const rev = await writer.put(`p${n % 3}`);
        const askedAtMs = world.clock.monotonic();
        let provedAsOf: number | undefined;
        void open.feed.prove().then(({ asOfMs }) => (provedAsOf = asOfMs));
        await world.until(() => provedAsOf !== undefined);
        assert.ok(open.history.has(`p${n % 3}`, rev), 'the write is known');
        assert.ok((provedAsOf ?? 0) >= askedAtMs, 'the proof is not older than the question');
      }
      checkHistory(open.history, writer.writes);
    },
  },
  {
    title: 'following writes nothing to the database',
    needs: [],
    async run(context) {
      const world = await context.open();
      const before = await world.database.info();
      await using open = openFeed(context, world);
      await world.until(() => open.history.caughtUp > 0);
      const after = await world.database.info();
      assert.equal(after.documentCount + after.deletedCount, 0);
      assert.equal(after.purgeSeq, before.purgeSeq);
    },
  },
  {
    title: 'leaving the loop, an aborted signal and a repeated close end the feed',
    needs: [],
    async run(context) {
      const world = await context.open();
      await new FeedWriter(world).put('a');
      const left = context.subject.follow({ database: world.database, since: '0' });
      let broke = false;
      void (async () => {
        for await (const event of left) if (event.type === 'changes') break;
        broke = true;
      })();
      await world.until(() => broke);
      assert.equal(left.state, 'closed');
      const controller = new AbortController();
      const aborted = openFeed(context, world, { signal: controller.signal });
      await world.until(() => aborted.history.caughtUp > 0);
      controller.abort();
      await world.until(() => aborted.history.ended);
      const closed = openFeed(context, world);
      await world.until(() => closed.history.caughtUp > 0);
      await closed.feed.close();
      await world.until(() => closed.history.ended);
      await Promise.all([closed.feed.close(), aborted.feed.close(), aborted.feed.close(), left.close()]);
      assert.equal(aborted.history.error, undefined);
      if (world.fake !== undefined) assert.equal(world.fake.streams.size, 0, 'no feed stays open on the server');
    },
  },
];
