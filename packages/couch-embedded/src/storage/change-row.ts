import { formatRevision } from '../tree/revision.ts';
import type { Leaf } from '../tree/revision-tree.ts';

/** Bit set in a row's flags when the winner is a deletion. */
export const ROW_DELETED = 1;
/** Bit set when there is more than one leaf, so that `style=all_docs` needs the document's record. */
export const ROW_SEVERAL_LEAVES = 2;

/** Bytes before a row's text: flags (1), number of the winner's body (6). */
export const ROW_HEADER_BYTES = 7;

/**
 * A row of the change feed as it is stored: header, then the JSON members `"id":…,"changes":[…]` and, for a deletion,
 * `,"deleted":true`, so that serving it is copying it.
 */
export function encodeChangeRow(id: string, leaves: readonly Leaf[]): Buffer {
  const winner = leaves[0] as Leaf;
  const text = changeMembers(id, [winner]);
  const bytes = Buffer.allocUnsafe(ROW_HEADER_BYTES + Buffer.byteLength(text));
  bytes[0] = (winner.deleted ? ROW_DELETED : 0) | (leaves.length > 1 ? ROW_SEVERAL_LEAVES : 0);
  bytes.writeUIntBE(winner.body, 1, 6);
  bytes.write(text, ROW_HEADER_BYTES);
  return bytes;
}

/** The JSON members of a row that names these leaves, winner first. */
export function changeMembers(id: string, leaves: readonly Leaf[]): string {
  const changes = leaves.map((leaf) => `{"rev":"${formatRevision(leaf)}"}`).join(',');
  return `"id":${JSON.stringify(id)},"changes":[${changes}]${leaves[0]?.deleted === true ? ',"deleted":true' : ''}`;
}

/** The document id of a stored row. */
export function changeRowId(row: Buffer): string {
  const end = row.indexOf('","changes":[', ROW_HEADER_BYTES);
  return JSON.parse(row.toString('utf8', ROW_HEADER_BYTES + 5, end + 1)) as string;
}

/** The number of the winner's body. */
export function changeRowBody(row: Buffer): number {
  return row.readUIntBE(1, 6);
}
