import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { importHeads } from '../load/bulk-import.ts';
import { benchPath, keyOf, valueOf } from '../load/keys.ts';
import { startWorker } from './worker.ts';

/** The core of load generators and databases. */
export const LOAD_CORE = 0;
/** The core of what is measured. */
export const SERVER_CORE = 1;

/** A database server in a process of its own. */
export interface DatabaseProcess extends AsyncDisposable {
  readonly url: string;
}

/** The database the measures of a run share, with one path of keys for each size asked for. */
export interface SharedDatabase extends DatabaseProcess {
  readonly database: string;
  /** Sees to it that the path of this many keys is there ({@link benchPath}). */
  fill(keys: number): Promise<void>;
}

/** Starts the embedded database on free ports in a directory of its own that goes with it. */
export async function startDatabase(): Promise<DatabaseProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'xir-bench-'));
  const worker = await startWorker('database-process.ts', { core: LOAD_CORE });
  const url = await worker.ask<string>('start', directory);
  return {
    url,
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Starts the database of a run. */
export async function startSharedDatabase(progress: (line: string) => void): Promise<SharedDatabase> {
  const server = await startDatabase();
  const database = 'xir-bench';
  const created = await fetch(`${server.url}/${database}`, { method: 'PUT' });
  if (!created.ok) throw new Error(`the database could not be made: ${created.status}`);
  const filled = new Set<number>();
  return {
    ...server,
    database,
    async fill(keys) {
      if (filled.has(keys)) return;
      filled.add(keys);
      progress(`importing ${keys} keys`);
      const heads = (function* () {
        for (let n = 0; n < keys; n += 1) yield { address: { ...benchPath(keys), key: keyOf(n) }, value: valueOf(n) };
      })();
      await importHeads({ url: server.url, database, heads });
    },
  };
}
