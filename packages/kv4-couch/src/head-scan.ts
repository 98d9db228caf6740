import type { CouchDatabase } from '@xir/couch-client';
import { decodeHead, parseDocumentId, type HeadDocument, type IdRange } from '@xir/kv4-core';
import { readLeafDocuments } from './leaf-documents.ts';
import { headReadOf, type HeadRead } from './head-read.ts';
import { readRange } from './range-read.ts';

/** A piece of a range of heads, in the order of ids. */
export interface HeadScan {
  /** Heads as they are stored, `gone` and expired ones included; conflicting leaves are united. */
  readonly heads: readonly HeadDocument[];
  /** Pass as `after` to read on; absent at the end of the range. An id, not a cursor. */
  readonly next?: string;
  /** Heads whose leaves are in conflict. */
  readonly conflicted: readonly HeadRead[];
}

/** A piece of a range of ids, in their order. */
export interface IdScan {
  readonly ids: readonly string[];
  /** Pass as `after` to read on; absent at the end of the range. */
  readonly next?: string;
}

/** Where a scan begins and how far it goes. */
export interface HeadScanOptions {
  /** Begin behind this id: {@link HeadScan.next} of the piece before, or any other. */
  readonly after?: string | undefined;
  /** Documents at most; the heads among them may be fewer. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/** Reads the heads in a range, at most `limit` documents. Documents that are no heads are passed over. */
export async function scanHeadRange(database: CouchDatabase, range: IdRange, options: HeadScanOptions): Promise<HeadScan> {
  const { rows, more } = await readRange(database, range, { ...options, documents: true });
  // A document that is nobody's head may have conflicts too; they are none of ours.
  const conflictedIds = rows.filter((row) => row.conflicted && parseDocumentId(row.id)?.kind === 'head').map((row) => row.id);
  const leaves = await readLeafDocuments(database, conflictedIds, { signal: options.signal });
  const conflicted = conflictedIds.map((id) => headReadOf(id, leaves.get(id) ?? []));
  const united = new Map(conflicted.map((read) => [read.id, read.head]));
  const heads = rows.flatMap((row) => united.get(row.id) ?? decodeHead(row.document) ?? []);
  const last = rows.at(-1);
  return { heads, conflicted, ...(more && last !== undefined ? { next: last.id } : {}) };
}
