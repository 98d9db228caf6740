import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readCheckpoint, type Checkpoint, type CheckpointStore } from './checkpoint.ts';
import { FeedError } from './errors.ts';

/** Format number of the file. */
const FORMAT = 1;

/** Settings of {@link fileCheckpointStore}. */
export interface FileCheckpointOptions {
  /** Path of the file. Its folder is made when it is missing. */
  readonly path: string;
  /** Told when a file is there but cannot be trusted (`FEED_CHECKPOINT_CORRUPT`); it is then treated as absent. */
  readonly onCorrupt?: (error: FeedError) => void;
}

function digest(payload: string): string {
  return createHash('sha256').update(payload).digest('hex');
}

/** The file's text: `{"format":1,"sha256":"…","checkpoint":{…}}`, the digest over the checkpoint's JSON. Pure. */
export function encodeCheckpointFile(checkpoint: Checkpoint): string {
  const payload = JSON.stringify(checkpoint);
  return `{"format":${FORMAT},"sha256":"${digest(payload)}","checkpoint":${payload}}\n`;
}

/** Reads the file's text, or answers `undefined` when it is truncated, flipped or of another format. Pure. */
export function decodeCheckpointFile(text: string): Checkpoint | undefined {
  let parsed: { format?: unknown; sha256?: unknown; checkpoint?: unknown } | null;
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch {
    // Truncated or overwritten: no checkpoint.
    return undefined;
  }
  if (parsed === null || parsed.format !== FORMAT || digest(JSON.stringify(parsed.checkpoint) ?? '') !== parsed.sha256) return undefined;
  return readCheckpoint(parsed.checkpoint);
}

/**
 * A checkpoint in a file: written aside, flushed to disk, renamed, and the folder flushed, so that a crash leaves the old one or the new one.
 * A file that is truncated or whose checksum does not fit is treated as absent. One process per file.
 */
export function fileCheckpointStore(options: FileCheckpointOptions): CheckpointStore {
  const { path } = options;
  let writing: Promise<void> = Promise.resolve();

  async function write(checkpoint: Checkpoint): Promise<void> {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    const aside = `${path}.next`;
    const file = await open(aside, 'w', 0o600);
    try {
      await file.writeFile(encodeCheckpointFile(checkpoint));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
    const folderHandle = await open(folder, 'r');
    try {
      await folderHandle.sync();
    } finally {
      await folderHandle.close();
    }
  }

  return {
    async load() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
        throw new FeedError('FEED_CHECKPOINT_FAILED', `the checkpoint file cannot be read`, error);
      }
      const checkpoint = decodeCheckpointFile(text);
      if (checkpoint === undefined) {
        options.onCorrupt?.(new FeedError('FEED_CHECKPOINT_CORRUPT', 'the checkpoint file is damaged and is treated as absent'));
      }
      return checkpoint;
    },
    save(checkpoint) {
      writing = writing.then(
        () => write(checkpoint),
        () => write(checkpoint),
      );
      return writing.catch((error: unknown) => {
        throw new FeedError('FEED_CHECKPOINT_FAILED', 'the checkpoint file cannot be written', error);
      });
    },
  };
}
