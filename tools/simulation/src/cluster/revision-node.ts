/** One revision of a document. Revisions are immutable and shared by the replicas that have them. */
export interface RevisionNode {
  readonly rev: string;
  readonly generation: number;
  readonly hash: string;
  readonly parent: RevisionNode | undefined;
  readonly deleted: boolean;
  /** The document's fields as JSON without the braces and without `_id`, `_rev`, `_deleted`; `undefined` where only the revision's name is known. */
  readonly fields: string | undefined;
}

/** Thirty-two hex digits that depend on the text alone, as CouchDB's do on the edit. Pure. */
function hashOf(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  let c = 0x3c6ef372;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    b ^= b >>> 13;
    c = Math.imul(c + unit, 0xc2b2ae35) ^ (c >>> 11);
  }
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  return hex(a) + hex(b) + hex(c) + hex(a ^ Math.imul(b, 31) ^ c);
}

/** The revision that an edit makes: the same edit of the same revision has the same name everywhere. Pure. */
export function editOf(parent: RevisionNode | undefined, deleted: boolean, fields: string): RevisionNode {
  const generation = (parent?.generation ?? 0) + 1;
  const hash = hashOf(`${parent?.hash ?? ''}${deleted ? '-' : '+'}${fields}`);
  return { rev: `${generation}-${hash}`, generation, hash, parent, deleted, fields };
}

/** A revision that comes with its name and its ancestry, newest first and itself included, as replication brings it. Pure. Throws `TypeError` for a name that is none. */
export function graftOf(ancestry: readonly string[], deleted: boolean, fields: string): RevisionNode {
  let parent: RevisionNode | undefined;
  for (let index = ancestry.length - 1; index > 0; index -= 1) parent = named(ancestry[index] as string, parent, { deleted: false, fields: undefined });
  return named(ancestry[0] as string, parent, { deleted, fields });
}

function named(rev: string, parent: RevisionNode | undefined, content: Pick<RevisionNode, 'deleted' | 'fields'>): RevisionNode {
  const dash = rev.indexOf('-');
  const generation = Number(rev.slice(0, dash));
  if (dash < 1 || !Number.isInteger(generation) || generation < 1) throw new TypeError('not the name of a revision');
  return { rev, generation, hash: rev.slice(dash + 1), parent, ...content };
}

/** Whether `node` is `rev` or comes from it, as far as the ancestry is kept. Pure. */
export function descendsFrom(node: RevisionNode, ancestor: { readonly rev: string; readonly generation: number }, limit: number): boolean {
  let steps = 0;
  for (let each: RevisionNode | undefined = node; each !== undefined && steps < limit; each = each.parent) {
    if (each.generation < ancestor.generation) return false;
    if (each.rev === ancestor.rev) return true;
    steps += 1;
  }
  return false;
}

/** Hashes from a revision back, newest first, as far as they are kept. Pure. */
export function ancestryOf(node: RevisionNode, limit: number): string[] {
  const hashes: string[] = [];
  for (let each: RevisionNode | undefined = node; each !== undefined && hashes.length < limit; each = each.parent) hashes.push(each.hash);
  return hashes;
}

/** CouchDB's order of leaves: what is not deleted first, then the higher generation, then the higher hash. Pure. */
export function byWinner(a: RevisionNode, b: RevisionNode): number {
  if (a.deleted !== b.deleted) return a.deleted ? 1 : -1;
  if (a.generation !== b.generation) return b.generation - a.generation;
  if (a.hash === b.hash) return 0;
  return a.hash < b.hash ? 1 : -1;
}

/** The leaves of a document with one more revision merged in; the same list where it brings nothing. Pure. */
export function mergeLeaf(leaves: readonly RevisionNode[], node: RevisionNode, limit: number): readonly RevisionNode[] {
  for (const leaf of leaves) if (descendsFrom(leaf, node, limit)) return leaves;
  const merged = leaves.filter((leaf) => !descendsFrom(node, leaf, limit));
  merged.push(node);
  return merged.length === 1 ? merged : merged.sort(byWinner);
}

/** A document as JSON text. Pure. */
export function documentText(id: string, node: RevisionNode, extra = ''): string {
  const { rev, deleted, fields } = node;
  return `{"_id":${JSON.stringify(id)},"_rev":"${rev}"${deleted ? ',"_deleted":true' : ''}${fields === undefined || fields === '' ? '' : `,${fields}`}${extra}}`;
}
