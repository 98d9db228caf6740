/// <reference path="../pouchdb.d.ts" />
import type { RevisionBranch } from 'pouchdb-merge';
import type { RevisionTree } from '../tree/revision-tree.ts';
import { EmbeddedError } from '../errors.ts';

/** What is stored per document id: where its row stands in the feed, and its revision tree. */
export interface DocumentRecord {
  readonly seq: number;
  readonly tree: RevisionTree;
}

const LINE = 1;
const FOREST = 2;
const LINE_HEADER_BYTES = 18;

/**
 * Layout: kind (1 byte), sequence (6), then for a line: body number (6), position of the leaf (4), flags (1: bit 0 deleted),
 * hashes newest first (16 each); for a forest: the branches as JSON. Integers are big-endian.
 */
export function encodeDocumentRecord(record: DocumentRecord): Buffer {
  if (record.tree.kind === 'line') {
    const { leaf, hashes } = record.tree;
    const bytes = Buffer.allocUnsafe(LINE_HEADER_BYTES + hashes.length);
    bytes[0] = LINE;
    bytes.writeUIntBE(record.seq, 1, 6);
    bytes.writeUIntBE(leaf.body, 7, 6);
    bytes.writeUInt32BE(leaf.pos, 13);
    bytes[17] = leaf.deleted ? 1 : 0;
    hashes.copy(bytes, LINE_HEADER_BYTES);
    return bytes;
  }
  const json = Buffer.from(JSON.stringify(record.tree.branches));
  const head = Buffer.allocUnsafe(7);
  head[0] = FOREST;
  head.writeUIntBE(record.seq, 1, 6);
  return Buffer.concat([head, json]);
}

/** The inverse; throws `EMBEDDED_CORRUPT` for bytes it did not write. The hashes are copied: `bytes` may be reused. */
export function decodeDocumentRecord(bytes: Buffer): DocumentRecord {
  const seq = bytes.length >= 7 ? bytes.readUIntBE(1, 6) : 0;
  if (bytes[0] === FOREST) {
    const branches = JSON.parse(bytes.toString('utf8', 7)) as RevisionBranch[];
    return { seq, tree: { kind: 'forest', branches } };
  }
  if (bytes[0] !== LINE || bytes.length < LINE_HEADER_BYTES + 16 || (bytes.length - LINE_HEADER_BYTES) % 16 !== 0) {
    throw new EmbeddedError('EMBEDDED_CORRUPT', 'a document record has an unknown shape');
  }
  const hashes = Buffer.from(bytes.subarray(LINE_HEADER_BYTES));
  const leaf = {
    pos: bytes.readUInt32BE(13),
    hash: hashes.toString('hex', 0, 16),
    deleted: (bytes[17] as number) === 1,
    body: bytes.readUIntBE(7, 6),
  };
  return { seq, tree: { kind: 'line', leaf, hashes } };
}
