declare module 'pouchdb-merge' {
  export interface RevisionStatus {
    status: 'available' | 'missing';
    deleted?: boolean;
    body?: number;
  }
  export type RevisionNode = [hash: string, status: RevisionStatus, children: RevisionNode[]];
  export interface RevisionBranch {
    pos: number;
    ids: RevisionNode;
  }
  export function merge(
    tree: RevisionBranch[],
    path: RevisionBranch,
    depth: number,
  ): { tree: RevisionBranch[]; stemmedRevs: string[]; conflicts: 'new_leaf' | 'new_branch' | 'internal_node' };
  export function removeLeafFromTree(tree: RevisionBranch[], revision: string): RevisionBranch[];
}

declare module 'pouchdb-selector-core' {
  export function matchesSelector(document: unknown, selector: unknown): boolean;
  export function createFieldSorter(
    sort: readonly Record<string, 'asc' | 'desc'>[],
  ): (a: { doc: Record<string, unknown> }, b: { doc: Record<string, unknown> }) => number;
}
