import type { Channel } from '../channel.ts';
import { parentPath } from './parent-path.ts';
import type { Place } from './place.ts';

/** Which places a channel or a subtree is looked up in. */
export type Hearing = 'channel' | 'subtrees' | 'both';

/** Everything that stands at one path. The same item may stand there several times. */
class PlaceNode<Item> {
  readonly path: string;
  readonly parent: PlaceNode<Item> | undefined;
  readonly children = new Set<PlaceNode<Item>>();
  readonly channel = new Map<Item, number>();
  readonly subtree = new Map<Item, number>();

  constructor(path: string, parent: PlaceNode<Item> | undefined) {
    this.path = path;
    this.parent = parent;
  }

  get isEmpty(): boolean {
    return this.channel.size === 0 && this.subtree.size === 0 && this.children.size === 0;
  }
}

type Nodes<Item> = Map<string, PlaceNode<Item>>;

/** Who listens where. Those who hear a channel are found in time proportional to its depth, whatever the number of places (SPEC, N2). Pure. */
export class PlaceIndex<Item> {
  readonly #buckets = new Map<string, Nodes<Item>>();

  get isEmpty(): boolean {
    return this.#buckets.size === 0;
  }

  add({ bucket, path, subtree }: Place, item: Item): void {
    let nodes = this.#buckets.get(bucket);
    if (nodes === undefined) this.#buckets.set(bucket, (nodes = new Map()));
    const { [subtree ? 'subtree' : 'channel']: items } = nodeAt(nodes, path);
    items.set(item, (items.get(item) ?? 0) + 1);
  }

  /** Takes an item out once; harmless when it is not there. */
  remove({ bucket, path, subtree }: Place, item: Item): void {
    const nodes = this.#buckets.get(bucket);
    const node = nodes?.get(path);
    const items = node?.[subtree ? 'subtree' : 'channel'];
    const count = items?.get(item);
    if (nodes === undefined || items === undefined || count === undefined) return;
    if (count > 1) items.set(item, count - 1);
    else items.delete(item);
    for (let empty = node; empty?.isEmpty === true; empty = empty.parent) {
      nodes.delete(empty.path);
      empty.parent?.children.delete(empty);
    }
    if (nodes.size === 0) this.#buckets.delete(bucket);
  }

  /** Visits those who hear what goes to a channel: through the channel itself, through subtrees that cover it, or both. One that stands in several places is visited for each. */
  visitChannel({ bucket, path }: Channel, hearing: Hearing, visit: (item: Item) => void): void {
    const nodes = this.#buckets.get(bucket);
    if (nodes === undefined) return;
    if (hearing !== 'subtrees') nodes.get(path)?.channel.forEach((_, item) => visit(item));
    if (hearing === 'channel') return;
    for (let node = nearest(nodes, path); node !== undefined; node = node.parent) node.subtree.forEach((_, item) => visit(item));
  }

  /** Visits those who hear what goes to all channels at a path and beneath it. One that stands in several places is visited for each. */
  visitSubtree(base: Channel, visit: (item: Item) => void): void {
    this.visitChannel(base, 'subtrees', visit);
    const node = this.#buckets.get(base.bucket)?.get(base.path);
    if (node === undefined) return;
    node.channel.forEach((_, item) => visit(item));
    const waiting = [...node.children];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      next.channel.forEach((_, item) => visit(item));
      next.subtree.forEach((_, item) => visit(item));
      waiting.push(...next.children);
    }
  }
}

function nodeAt<Item>(nodes: Nodes<Item>, path: string): PlaceNode<Item> {
  const known = nodes.get(path);
  if (known !== undefined) return known;
  const parent = path === '/' ? undefined : nodeAt(nodes, parentPath(path));
  const node = new PlaceNode(path, parent);
  parent?.children.add(node);
  nodes.set(path, node);
  return node;
}

/** The node at a path, or at the nearest one above it. */
function nearest<Item>(nodes: Nodes<Item>, path: string): PlaceNode<Item> | undefined {
  for (let at = path; ; at = parentPath(at)) {
    const node = nodes.get(at);
    if (node !== undefined || at === '/') return node;
  }
}
