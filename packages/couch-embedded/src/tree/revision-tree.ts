/// <reference path="../pouchdb.d.ts" />
import { merge, removeLeafFromTree, type RevisionBranch, type RevisionNode } from 'pouchdb-merge';
import { formatRevision, type Revision } from './revision.ts';

/** A revision without a successor. `body` is the number under which its body is stored. */
export interface Leaf extends Revision {
  readonly deleted: boolean;
  readonly body: number;
}

/**
 * All known revisions of one document. Almost every document has a single line of edits (`line`: hashes newest first, 16
 * bytes each), which costs one copy to extend; everything else is a `forest` in the shape of `pouchdb-merge`.
 */
export type RevisionTree =
  | { readonly kind: 'line'; readonly leaf: Leaf; readonly hashes: Buffer }
  | { readonly kind: 'forest'; readonly branches: RevisionBranch[] };

/** What a leaf's ancestry looks like in `_revisions`. */
export interface Ancestry {
  readonly start: number;
  /** Newest first. */
  readonly ids: readonly string[];
}

const HEX = /^[0-9a-f]{32}$/;

/** Leaves, the winner first: not deleted before deleted, then higher position, then higher hash (CouchDB's rule). */
export function leavesOf(tree: RevisionTree): readonly Leaf[] {
  if (tree.kind === 'line') return [tree.leaf];
  const leaves: Leaf[] = [];
  walk(tree.branches, (pos, node) => {
    if (node[2].length === 0) leaves.push(toLeaf(pos, node));
  });
  return leaves.sort(byWinner);
}

/** The revision a plain read answers with. */
export function winnerOf(tree: RevisionTree): Leaf {
  return leavesOf(tree)[0] as Leaf;
}

/** The leaf with this very revision, if it is one. */
export function findLeaf(tree: RevisionTree, revision: Revision): Leaf | undefined {
  return leavesOf(tree).find((leaf) => leaf.pos === revision.pos && leaf.hash === revision.hash);
}

/** Whether the revision is known, as a leaf or behind one. */
export function hasRevision(tree: RevisionTree, revision: Revision): boolean {
  return leavesAfter(tree, revision).length > 0;
}

/** Leaves that are the revision or descend from it; empty when it is unknown. */
export function leavesAfter(tree: RevisionTree, revision: Revision): readonly Leaf[] {
  if (tree.kind === 'line') {
    const back = tree.leaf.pos - revision.pos;
    if (back === 0) return tree.leaf.hash === revision.hash ? [tree.leaf] : [];
    if (back < 0 || (back + 1) * 16 > tree.hashes.length || !HEX.test(revision.hash)) return [];
    return tree.hashes.toString('hex', back * 16, back * 16 + 16) === revision.hash ? [tree.leaf] : [];
  }
  const found: Leaf[] = [];
  walk(tree.branches, (pos, node) => {
    if (pos !== revision.pos || node[0] !== revision.hash) return;
    walk([{ pos, ids: node }], (leafPos, leaf) => {
      if (leaf[2].length === 0) found.push(toLeaf(leafPos, leaf));
    });
  });
  return found.sort(byWinner);
}

/** The line of revisions from `revision` back to the oldest one known. */
export function ancestryOf(tree: RevisionTree, revision: Revision): Ancestry | undefined {
  if (tree.kind === 'line') {
    if (!hasRevision(tree, revision)) return undefined;
    const ids: string[] = [];
    for (let at = (tree.leaf.pos - revision.pos) * 16; at < tree.hashes.length; at += 16) ids.push(tree.hashes.toString('hex', at, at + 16));
    return { start: revision.pos, ids };
  }
  for (const branch of tree.branches) {
    const path = pathTo(branch, revision);
    if (path !== undefined) return { start: revision.pos, ids: path };
  }
  return undefined;
}

/** Adds a child to a known leaf, or the first revision of a document (`parent` undefined, or a parent nobody has). */
export function extendTree(tree: RevisionTree | undefined, parent: Revision | undefined, child: Leaf, limit: number): RevisionTree {
  const ids = parent === undefined ? [child.hash] : [child.hash, parent.hash];
  if (tree === undefined) return pathTree(child, ids.slice(0, limit));
  if (tree.kind === 'line' && parent !== undefined && tree.leaf.pos === parent.pos && tree.leaf.hash === parent.hash && HEX.test(child.hash)) {
    const kept = Math.min(tree.hashes.length, (limit - 1) * 16);
    const hashes = Buffer.allocUnsafe(16 + kept);
    hashes.write(child.hash, 0, 16, 'hex');
    tree.hashes.copy(hashes, 16, 0, kept);
    return { kind: 'line', leaf: child, hashes };
  }
  return mergePath(tree, child, ids, limit);
}

/** Adds a replicated line of revisions (`ids` newest first, `ids[0]` being `leaf`). */
export function mergePath(tree: RevisionTree | undefined, leaf: Leaf, ids: readonly string[], limit: number): RevisionTree {
  if (tree === undefined) return pathTree(leaf, ids.slice(0, limit));
  const merged = merge(forestOf(tree), branchOf(leaf, ids), limit);
  return simplify(merged.tree);
}

/** Takes leaves out, as a purge does; what then has no leaf left disappears. */
export function purgeLeaves(tree: RevisionTree, revisions: readonly Revision[]): { tree: RevisionTree | undefined; purged: Leaf[] } {
  let branches = forestOf(tree);
  const purged: Leaf[] = [];
  for (const revision of revisions) {
    const leaf = findLeaf({ kind: 'forest', branches }, revision);
    if (leaf === undefined) continue;
    purged.push(leaf);
    branches = dropWithAncestors(branches, leaf);
  }
  return { tree: branches.length === 0 ? undefined : simplify(branches), purged };
}

/** A leaf is dropped together with every ancestor that has no other descendant. */
function dropWithAncestors(branches: RevisionBranch[], leaf: Revision): RevisionBranch[] {
  const ancestry = ancestryOf({ kind: 'forest', branches }, leaf);
  let current = branches;
  let pos = leaf.pos;
  for (const hash of ancestry?.ids ?? []) {
    const revision = { pos: pos--, hash };
    if (findLeaf({ kind: 'forest', branches: current }, revision) === undefined) break;
    current = removeLeafFromTree(current, formatRevision(revision));
  }
  return current;
}

/** The tree in the shape of `pouchdb-merge`. */
export function forestOf(tree: RevisionTree): RevisionBranch[] {
  if (tree.kind === 'forest') return tree.branches;
  const ids: string[] = [];
  for (let at = 0; at < tree.hashes.length; at += 16) ids.push(tree.hashes.toString('hex', at, at + 16));
  return [branchOf(tree.leaf, ids)];
}

function pathTree(leaf: Leaf, ids: readonly string[]): RevisionTree {
  if (!ids.every((id) => HEX.test(id))) return { kind: 'forest', branches: [branchOf(leaf, ids)] };
  const hashes = Buffer.allocUnsafe(ids.length * 16);
  for (const [index, id] of ids.entries()) hashes.write(id, index * 16, 16, 'hex');
  return { kind: 'line', leaf, hashes };
}

function branchOf(leaf: Leaf, ids: readonly string[]): RevisionBranch {
  let node: RevisionNode = [leaf.hash, { status: 'available', body: leaf.body, ...(leaf.deleted ? { deleted: true } : {}) }, []];
  for (const id of ids.slice(1)) node = [id, { status: 'missing' }, [node]];
  return { pos: leaf.pos - ids.length + 1, ids: node };
}

/** Back to a line where the forest is one; a node behind a leaf loses its mark of having a body. */
function simplify(branches: RevisionBranch[]): RevisionTree {
  walk(branches, (_pos, node) => {
    if (node[2].length > 0) node[1] = { status: 'missing' };
  });
  const tree: RevisionTree = { kind: 'forest', branches };
  const leaves = leavesOf(tree);
  if (leaves.length !== 1) return tree;
  const leaf = leaves[0] as Leaf;
  return pathTree(leaf, ancestryOf(tree, leaf)?.ids ?? [leaf.hash]);
}

function toLeaf(pos: number, node: RevisionNode): Leaf {
  return { pos, hash: node[0], deleted: node[1].deleted === true, body: node[1].body ?? 0 };
}

function byWinner(a: Leaf, b: Leaf): number {
  if (a.deleted !== b.deleted) return a.deleted ? 1 : -1;
  if (a.pos !== b.pos) return b.pos - a.pos;
  return a.hash < b.hash ? 1 : a.hash > b.hash ? -1 : 0;
}

function walk(branches: readonly RevisionBranch[], visit: (pos: number, node: RevisionNode) => void): void {
  const waiting = branches.map((branch) => ({ pos: branch.pos, node: branch.ids }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    visit(next.pos, next.node);
    for (const child of next.node[2]) waiting.push({ pos: next.pos + 1, node: child });
  }
}

/** Hashes from `revision` back to the branch's root, or undefined. */
function pathTo(branch: RevisionBranch, revision: Revision): string[] | undefined {
  interface Step {
    pos: number;
    node: RevisionNode;
    parent: Step | undefined;
  }
  const waiting: Step[] = [{ pos: branch.pos, node: branch.ids, parent: undefined }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.pos === revision.pos && next.node[0] === revision.hash) {
      const path: string[] = [];
      for (let step: Step | undefined = next; step !== undefined; step = step.parent) path.push(step.node[0]);
      return path;
    }
    if (next.pos < revision.pos) for (const node of next.node[2]) waiting.push({ pos: next.pos + 1, node, parent: next });
  }
  return undefined;
}
