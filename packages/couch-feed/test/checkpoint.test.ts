import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CouchClient } from '@xir/couch-client';
import { FakeCouch, fakeTransport, VirtualClock } from '@xir/couch-testing';
import {
  DEFAULT_MAX_CHECKPOINT_AGE_MS,
  fileCheckpointStore,
  isCheckpointExpired,
  localCheckpointStore,
  memoryCheckpointStore,
  type Checkpoint,
  type CheckpointStore,
} from '@xir/couch-feed';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CHECKPOINT: Checkpoint = { seq: '5-g1AAA"é', instanceStartTime: '17', purgeSeq: '0-x', savedAtMs: 1000, identity: { epoch: 'e' } };
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function localStore(): CheckpointStore {
  const fake = new FakeCouch({ clock: new VirtualClock() });
  fake.create('db');
  return localCheckpointStore(new CouchClient({ url: 'http://fake', transport: fakeTransport(fake) }).database('db'), 'neuron-n1');
}

describe.each([
  ['memory', () => memoryCheckpointStore()],
  ['file', () => fileCheckpointStore({ path: join(folder, 'deep', 'checkpoint.json') })],
  ['_local document', localStore],
] as const)('a checkpoint in %s', (_name, make) => {
  it('K1 is absent before the first save and then the newest one', async () => {
    const store = make();
    expect(await store.load()).toBeUndefined();
    await store.save(CHECKPOINT);
    expect(await store.load()).toEqual(CHECKPOINT);
    await Promise.all([store.save({ ...CHECKPOINT, seq: '6' }), store.save({ ...CHECKPOINT, seq: '7' })]);
    expect((await store.load())?.seq).toBe('7');
  });
});

describe('a checkpoint file', () => {
  it('K2 that is cut off anywhere, or has any bit flipped, is treated as absent and reported', async () => {
    const path = join(folder, 'checkpoint.json');
    await fileCheckpointStore({ path }).save(CHECKPOINT);
    const good = await readFile(path);
    let reported = 0;
    const store = fileCheckpointStore({
      path,
      onCorrupt: (error) => {
        expect(error.code).toBe('FEED_CHECKPOINT_CORRUPT');
        reported += 1;
      },
    });
    let damaged = 0;
    for (let at = 0; at < good.length - 1; at += 1) {
      for (const bytes of [good.subarray(0, at), Buffer.from(good.map((byte, index) => (index === at ? byte ^ (1 << at % 8) : byte)))]) {
        await writeFile(path, bytes);
        const loaded = await store.load();
        damaged += 1;
        // A flipped bit between tokens can leave the same content (a blank for a newline); never another content.
        if (loaded !== undefined) expect(loaded).toEqual(CHECKPOINT);
      }
    }
    expect(reported).toBe(damaged);
  });

  it('K3 is replaced as a whole: no other file stays, and saves that overlap leave the last one', async () => {
    const path = join(folder, 'checkpoint.json');
    const store = fileCheckpointStore({ path });
    await Promise.all(Array.from({ length: 20 }, (_, n) => store.save({ ...CHECKPOINT, seq: String(n) })));
    expect((await store.load())?.seq).toBe('19');
    expect(await readdir(folder)).toEqual(['checkpoint.json']);
  });

  it('K4 that cannot be read or written rejects with FEED_CHECKPOINT_FAILED', async () => {
    const store = fileCheckpointStore({ path: folder });
    await expect(store.load()).rejects.toMatchObject({ code: 'FEED_CHECKPOINT_FAILED' });
    await expect(store.save(CHECKPOINT)).rejects.toMatchObject({ code: 'FEED_CHECKPOINT_FAILED' });
  });
});

describe('the age of a checkpoint', () => {
  it('K5 T13 counts in both directions of a clock that may have been stepped', () => {
    const limit = DEFAULT_MAX_CHECKPOINT_AGE_MS;
    expect(isCheckpointExpired(CHECKPOINT, 1000 + limit, limit)).toBe(false);
    expect(isCheckpointExpired(CHECKPOINT, 1001 + limit, limit)).toBe(true);
    expect(isCheckpointExpired({ ...CHECKPOINT, savedAtMs: limit + 2 }, 1, limit)).toBe(true);
  });
});
