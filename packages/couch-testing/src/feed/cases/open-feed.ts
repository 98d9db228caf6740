import assert from 'node:assert/strict';
import type { FeedCaseContext, FeedWorld, SubjectEvent, SubjectFeed, SubjectOptions } from '../feed-contract.ts';
import { FeedHistory } from '../feed-history.ts';
import type { FakeCouch } from '../fake-couch.ts';
import type { FakeStream } from '../fake-stream.ts';

/** A feed and what its consumer saw. */
export interface OpenFeed extends AsyncDisposable {
  readonly feed: SubjectFeed;
  readonly history: FeedHistory;
}

export interface OpenFeedOptions extends Partial<SubjectOptions> {
  readonly neuron?: string;
  readonly onEvent?: (event: SubjectEvent) => void | Promise<void>;
}

/** Opens a feed on the world's database and reads it. */
export function openFeed(context: FeedCaseContext, world: FeedWorld, options: OpenFeedOptions = {}): OpenFeed {
  const { neuron, onEvent, ...rest } = options;
  const feed = context.subject.follow({ database: world.database, since: '0', ...rest }, neuron === undefined ? undefined : { neuron });
  const history = new FeedHistory(feed, () => world.clock.monotonic(), onEvent);
  return {
    feed,
    history,
    async [Symbol.asyncDispose]() {
      await feed.close();
      await history.done;
    },
  };
}

/** The scriptable server of a world that needs one. */
export function fakeOf(world: FeedWorld): FakeCouch {
  assert.ok(world.fake, 'this case needs a scripted world');
  return world.fake;
}

/** The one open stream of a fake server. */
export function onlyStream(fake: FakeCouch): FakeStream {
  const [stream] = fake.streams;
  assert.equal(fake.streams.size, 1, 'exactly one feed is open');
  assert.ok(stream);
  return stream;
}

/** A store that keeps a checkpoint and counts saves. */
export function countingCheckpoint() {
  let kept: string | undefined;
  const saved: string[] = [];
  type Store = NonNullable<SubjectOptions['checkpoint']>;
  const store: Store = {
    load: () => Promise.resolve(kept === undefined ? undefined : (JSON.parse(kept) as Awaited<ReturnType<Store['load']>>)),
    save: (checkpoint) => {
      kept = JSON.stringify(checkpoint);
      saved.push(checkpoint.seq);
      return Promise.resolve();
    },
  };
  return {
    store,
    /** Positions saved so far. */
    saved,
    /** Changes the kept checkpoint, as time or damage does. */
    change(by: object) {
      kept = JSON.stringify({ ...(JSON.parse(kept ?? '{}') as object), ...by });
    },
    /** The same position for another life of the process. */
    copy() {
      const frozen = kept;
      return { ...store, load: () => Promise.resolve(frozen === undefined ? undefined : (JSON.parse(frozen) as Awaited<ReturnType<Store['load']>>)) };
    },
  };
}
