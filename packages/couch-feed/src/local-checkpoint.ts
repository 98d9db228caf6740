import { isCouchError, type CouchDatabase } from '@xir/couch-client';
import { readCheckpoint, type Checkpoint, type CheckpointStore } from './checkpoint.ts';
import { FeedError } from './errors.ts';

interface LocalDocument {
  readonly _rev?: string;
  readonly checkpoint?: unknown;
}

/**
 * A checkpoint in the document `_local/<name>` of a database, so that a new disk can resume. It is not replicated and not in the feed.
 * This store writes to the database. Rejects with `FEED_CHECKPOINT_FAILED`.
 */
export function localCheckpointStore(database: CouchDatabase, name: string): CheckpointStore {
  const id = `_local/${name}`;
  let rev: string | undefined;
  let saving: Promise<unknown> = Promise.resolve();

  async function read(): Promise<LocalDocument | undefined> {
    const document = await database.get<LocalDocument>(id);
    rev = document?._rev;
    return document;
  }

  async function write(checkpoint: Checkpoint): Promise<void> {
    const body = { checkpoint, ...(rev === undefined ? {} : { _rev: rev }) };
    rev = (await database.put(id, body)).rev;
  }

  async function replace(checkpoint: Checkpoint): Promise<void> {
    try {
      await write(checkpoint).catch(async (error: unknown) => {
        // Another life of ours wrote meanwhile, or our last answer was lost: the newest checkpoint wins.
        if (!isCouchError(error, 'COUCH_CONFLICT')) throw error;
        await read();
        await write(checkpoint);
      });
    } catch (error) {
      throw new FeedError('FEED_CHECKPOINT_FAILED', `${id} cannot be written`, error);
    }
  }

  return {
    async load() {
      try {
        return readCheckpoint((await read())?.checkpoint);
      } catch (error) {
        throw new FeedError('FEED_CHECKPOINT_FAILED', `${id} cannot be read`, error);
      }
    },
    save(checkpoint) {
      const saved = saving.then(() => replace(checkpoint));
      // One after the other; who asked for a save hears of its failure, the next one begins all the same.
      saving = saved.catch(() => undefined);
      return saved;
    },
  };
}
