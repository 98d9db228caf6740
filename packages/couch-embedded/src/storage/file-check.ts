import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EmbeddedError } from '../errors.ts';

const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;

/**
 * Looks at an LMDB file before it is mapped into memory: a file that is shorter than its newest meta page says, or has no
 * meta page, would end the process at the first read. Throws `EMBEDDED_CORRUPT`. A file that is absent or empty is new.
 */
export function checkDataFile(path: string, pageSize: number): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new EmbeddedError('EMBEDDED_STORAGE', `${path} cannot be opened`, { cause: error });
  }
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const newest = [0, pageSize].map((at) => readMeta(file, at, path)).reduce((a, b) => (b.transaction > a.transaction ? b : a));
    const needed = (newest.lastPage + 1n) * BigInt(newest.pageSize);
    if (needed > BigInt(size)) throw new EmbeddedError('EMBEDDED_CORRUPT', `${path} is torn: it has ${size} bytes and should have ${needed}`);
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, at: number, path: string): { pageSize: number; lastPage: bigint; transaction: bigint } {
  const meta = Buffer.alloc(META_BYTES);
  const read = readSync(file, meta, 0, META_BYTES, at);
  if (read < META_BYTES || meta.readUInt32LE(MAGIC_AT) !== MAGIC) throw new EmbeddedError('EMBEDDED_CORRUPT', `${path} is torn: its head is not that of a database`);
  return { pageSize: meta.readUInt32LE(PAGE_SIZE_AT), lastPage: meta.readBigUInt64LE(LAST_PAGE_AT), transaction: meta.readBigUInt64LE(TRANSACTION_AT) };
}
