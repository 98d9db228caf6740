import {
  CacheEntry,
  compareIds,
  HashTable,
  hashText,
  headId,
  joinHash,
  OrderedIdIndex,
  parseDocumentId,
  stepEntry,
  subtreeRange,
  type HeadDocument,
  type IdHash,
  type KeyAddress,
  type PathAddress,
  type RecentRevisions,
} from '@xir/kv4-core';
import { commonPartsOf, type CommonParts } from './cached-record.ts';
import { flatText } from './flat-text.ts';
import type { SecondaryIndex } from './secondary-index.ts';

/** What an entry costs besides its texts, in bytes; measured (see README, "Figures"). */
export const ENTRY_OVERHEAD_BYTES = 350;

/** What a path costs besides its texts, in bytes; measured. */
export const PATH_OVERHEAD_BYTES = 650;

/** Entries looked at in one go to find some to evict. */
const EVICTION_LOOKS = 256;

/** Subtrees that a row's bytes are compared with; with more of them the text of its id is looked up. */
const MOST_COMPARED_SUBTREES = 16;

const SEPARATOR = 0x21;
/** What escapes begin with in ids. */
const ESCAPE = '"';

/** How much of a path or subtree is known. */
export type ListingState = 'none' | 'loading' | 'complete';

/** One key of the cache, at its place. */
export class TableEntry extends CacheEntry {
  readonly node: PathNode;
  readonly key: string;
  /** Where the entry stands in the table's ring; -1: not in it. */
  slot = -1;
  /** Twice the pins, and one for `used`. */
  #claims = 1;

  constructor(node: PathNode, key: string) {
    super();
    this.node = node;
    this.key = flatText(key);
  }

  /** Read since the eviction hand last passed. */
  get used(): boolean {
    return (this.#claims & 1) === 1;
  }

  set used(used: boolean) {
    this.#claims = used ? this.#claims | 1 : this.#claims & ~1;
  }

  /** Writes and watches that need the entry. */
  get pins(): number {
    return this.#claims >> 1;
  }

  set pins(pins: number) {
    this.#claims = (pins << 1) | (this.#claims & 1);
  }

  get id(): string {
    return headId({ ...this.node.address, key: this.key });
  }

  get bytes(): number {
    return ENTRY_OVERHEAD_BYTES + this.key.length + (this.record?.valueText.length ?? 0) + (this.tail?.length ?? 0);
  }
}

/** What is cached of one path. */
export class PathNode {
  readonly address: PathAddress;
  /** Beginning of the path's ids, without the empty segment that ends the path. */
  readonly prefix: string;
  readonly entries = new Map<string, TableEntry>();
  listing: ListingState = 'none';
  listingUsed = false;
  /** Watches that need the listing. */
  pins = 0;
  /** Keys in order; made when first needed, dropped when a key comes or goes. */
  sortedKeys: string[] | undefined;
  secondary: SecondaryIndex | undefined;
  #common: CommonParts | undefined;

  constructor(address: PathAddress, prefix: string) {
    this.address = address;
    this.prefix = prefix;
  }

  /** What a head's record has in common with others of the path. */
  commonOf(head: Pick<HeadDocument, 'by' | 'm'>): CommonParts {
    const parts = commonPartsOf(this.address, head, this.#common);
    if (head.m === undefined) this.#common = parts;
    return parts;
  }

  get bytes(): number {
    return PATH_OVERHEAD_BYTES + this.prefix.length + this.address.path.length;
  }

  /** The path's keys in the order of ids. */
  orderedKeys(): readonly string[] {
    this.sortedKeys ??= [...this.entries.keys()].sort(compareIds);
    return this.sortedKeys;
  }
}

/** The subtree listings that are known or being loaded. */
export interface SubtreeListing {
  readonly address: PathAddress;
  readonly prefix: string;
  listing: ListingState;
  used: boolean;
  pins: number;
}

/** The part of a head's id before the empty segment that ends the path, and the escaped key; `undefined` for other ids. */
export function splitHeadId(id: string): { readonly prefix: string; readonly key: string } | undefined {
  if (id.charCodeAt(0) !== 0x64 || id.charCodeAt(1) !== 0x21) return undefined;
  const end = id.lastIndexOf('!!');
  return end < 0 ? undefined : { prefix: id.slice(0, end), key: id.slice(end + 2) };
}

/** The prefix of a path's ids, as {@link PathNode.prefix}. */
export function prefixOf(address: PathAddress): string {
  return subtreeRange(address).startKey.slice(0, -1);
}

/** Every entry of the cache, by address, by id, and in the order of paths; and which listings are whole. Knows no I/O. */
export class CacheTable {
  readonly #byAddress = new Map<string, Map<string, Map<string, PathNode>>>();
  readonly #byPrefix = new Map<string, PathNode>();
  /** By the hash of the prefix; `null`: several have it. */
  readonly #byHash = new HashTable<PathNode | null>();
  readonly nodes = new OrderedIdIndex<PathNode>();
  readonly subtrees = new Map<string, SubtreeListing>();
  /** Every entry, in no order. */
  readonly ring: TableEntry[] = [];
  readonly #recent: RecentRevisions;
  #last: PathNode | undefined;
  #hand = 0;
  bytes = 0;
  evictions = 0;

  constructor(recent: RecentRevisions) {
    this.#recent = recent;
  }

  /** The entry of a key, by the parts of a normalised address. The hot path: no text is built. */
  find(address: KeyAddress): TableEntry | undefined {
    return this.findNode(address)?.entries.get(address.key);
  }

  findNode(address: PathAddress): PathNode | undefined {
    const last = this.#last;
    if (last !== undefined && last.address.path === address.path && last.address.layer === address.layer && last.address.bucket === address.bucket) return last;
    const node = this.#byAddress.get(address.bucket)?.get(address.layer)?.get(address.path);
    if (node !== undefined) this.#last = node;
    return node;
  }

  nodeOfPrefix(prefix: string): PathNode | undefined {
    return this.#byPrefix.get(prefix);
  }

  /** The entry of a head's id. */
  findId(id: string): TableEntry | undefined {
    const parts = splitHeadId(id);
    const node = parts && this.#byPrefix.get(parts.prefix);
    return node?.entries.get(keyOf(id, parts?.key ?? ''));
  }

  /** The address a head's id carries; `undefined` for another id. */
  addressOfId(id: string): KeyAddress | undefined {
    const parsed = parseDocumentId(id);
    return parsed?.kind === 'head' ? parsed.address : undefined;
  }

  /** Whether a row for this id matters: its key is cached, or belongs to a listing. */
  isReferenced(id: string): boolean {
    const parts = splitHeadId(id);
    if (parts === undefined) return false;
    const node = this.#byPrefix.get(parts.prefix);
    if (node !== undefined && (node.listing !== 'none' || node.entries.has(keyOf(id, parts.key)))) return true;
    return this.subtreeOver(parts.prefix) !== undefined;
  }

  /**
   * As {@link isReferenced}, out of an id's bytes, which are ASCII; `hash` has read them. The entry, where there is one and that is plain to see; true also where only the text
   * can tell. Must stay quick: every row of the feed is asked for.
   */
  lookUp(hash: IdHash, bytes: Buffer, start: number, end: number): TableEntry | boolean {
    const { pathEnd } = hash;
    if (pathEnd < 0) return false;
    const node = this.#byHash.get(joinHash(hash.pathHigh, hash.pathLow));
    if (node === undefined) return this.subtrees.size > 0 && this.#maybeBeneath(bytes, start, pathEnd);
    if (node === null || node.prefix.length !== pathEnd - start || !beginsWith(bytes, start, node.prefix)) return true;
    const key = bytes.toString('latin1', pathEnd + 2, end);
    if (key.includes(ESCAPE)) return true;
    return node.entries.get(key) ?? (node.listing !== 'none' || (this.subtrees.size > 0 && this.#maybeBeneath(bytes, start, pathEnd)));
  }

  #maybeBeneath(bytes: Uint8Array, start: number, pathEnd: number): boolean {
    if (this.subtrees.size > MOST_COMPARED_SUBTREES) return true;
    for (const prefix of this.subtrees.keys()) {
      const after = start + prefix.length;
      if (after <= pathEnd && (after === pathEnd || bytes[after] === SEPARATOR) && beginsWith(bytes, start, prefix)) return true;
    }
    return false;
  }

  /** Whether an entry belongs to a listing that is whole, or is being read. */
  isListed({ node }: TableEntry): boolean {
    return node.listing !== 'none' || this.subtreeOver(node.prefix) !== undefined;
  }

  /** Whether everything at a path is known, so that a key without an entry is known not to be there. */
  isComplete(address: PathAddress): boolean {
    const node = this.findNode(address);
    if (node !== undefined && node.listing === 'complete') return true;
    return this.subtrees.size > 0 && this.subtreeOver(node?.prefix ?? prefixOf(address))?.listing === 'complete';
  }

  /** The widest listing over a prefix that is furthest along. */
  subtreeOver(prefix: string): SubtreeListing | undefined {
    if (this.subtrees.size === 0) return undefined;
    let found: SubtreeListing | undefined;
    for (let end = prefix.length; end > 2; end = prefix.lastIndexOf('!', end - 1)) {
      const subtree = this.subtrees.get(prefix.slice(0, end));
      if (subtree !== undefined && (found === undefined || subtree.listing === 'complete')) found = subtree;
    }
    return found;
  }

  /** Keeps what makes a listing whole from being evicted, until the pins are taken back. */
  pinListings(kind: 'path' | 'subtree', address: PathAddress): readonly { pins: number }[] {
    const subtree = this.subtreeOver(prefixOf(address));
    const node = kind === 'path' ? this.findNode(address) : undefined;
    const pinned = [subtree, node].filter((listing) => listing !== undefined);
    for (const listing of pinned) listing.pins += 1;
    return pinned;
  }

  /** The entry of a checked address; made when there is none. */
  add(address: KeyAddress): TableEntry {
    const node = this.addNode(address);
    let entry = node.entries.get(address.key);
    if (entry === undefined) {
      entry = new TableEntry(node, address.key);
      node.entries.set(entry.key, entry);
      node.sortedKeys = undefined;
      entry.slot = this.ring.length;
      this.ring.push(entry);
      this.bytes += entry.bytes;
    }
    return entry;
  }

  addNode(address: PathAddress): PathNode {
    const known = this.findNode(address);
    if (known !== undefined) return known;
    const { bucket, layer, path } = address;
    const prefix = prefixOf(address);
    const node = new PathNode(Object.freeze({ bucket: flatText(bucket), layer: flatText(layer), path: flatText(path) }), flatText(prefix));
    let layers = this.#byAddress.get(bucket);
    if (layers === undefined) this.#byAddress.set(bucket, (layers = new Map<string, Map<string, PathNode>>()));
    let paths = layers.get(layer);
    if (paths === undefined) layers.set(layer, (paths = new Map<string, PathNode>()));
    paths.set(node.address.path, node);
    this.#byPrefix.set(node.prefix, node);
    const hash = hashText(node.prefix);
    this.#byHash.set(hash, this.#byHash.has(hash) ? null : node);
    this.nodes.set(node.prefix, node);
    this.bytes += node.bytes;
    return node;
  }

  /** The listing of a subtree; made when there is none. */
  addSubtree(address: PathAddress): SubtreeListing {
    const prefix = prefixOf(address);
    let subtree = this.subtrees.get(prefix);
    if (subtree === undefined) {
      subtree = { address, prefix, listing: 'none', used: true, pins: 0 };
      this.subtrees.set(prefix, subtree);
    }
    return subtree;
  }

  /** Takes an entry out. Its revision goes to the recent ones, for the next load. */
  remove(entry: TableEntry, revision: string | undefined): void {
    if (entry.slot < 0) return;
    this.bytes -= entry.bytes;
    const last = this.ring.pop() as TableEntry;
    if (last !== entry) {
      this.ring[entry.slot] = last;
      last.slot = entry.slot;
    }
    entry.slot = -1;
    const { node } = entry;
    node.entries.delete(entry.key);
    node.sortedKeys = undefined;
    if (revision !== undefined) this.#recent.note(entry.id, revision);
    this.tidy(node);
  }

  /** Forgets a path of which nothing is cached. */
  tidy(node: PathNode): void {
    if (node.entries.size > 0 || node.listing !== 'none' || node.pins > 0 || this.#byPrefix.get(node.prefix) !== node) return;
    const { bucket, layer, path } = node.address;
    const layers = this.#byAddress.get(bucket);
    const paths = layers?.get(layer);
    paths?.delete(path);
    if (paths?.size === 0) layers?.delete(layer);
    if (layers?.size === 0) this.#byAddress.delete(bucket);
    this.#byPrefix.delete(node.prefix);
    const hash = hashText(node.prefix);
    if (this.#byHash.get(hash) === node) this.#byHash.delete(hash);
    this.nodes.delete(node.prefix);
    this.bytes -= node.bytes;
    if (this.#last === node) this.#last = undefined;
  }

  /** The paths at and beneath a prefix, in order. */
  *nodesBeneath(address: PathAddress): Generator<PathNode, void, undefined> {
    const range = subtreeRange(address);
    const own = this.#byPrefix.get(prefixOf(address));
    if (own !== undefined) yield own;
    for (const [, node] of this.nodes.range(range)) yield node;
  }

  /**
   * Evicts settled entries until the bytes are within the limit: second chance, a listing as a whole. What is pinned, loading or being verified stays.
   */
  evictTo(maxBytes: number): void {
    // Each call looks at a few entries only, so that a cache full of what must stay costs no time; there is a call for every change.
    for (let looks = Math.min(this.ring.length * 2 + 1, EVICTION_LOOKS); this.bytes > maxBytes && looks > 0 && this.ring.length > 0; looks -= 1) {
      if (this.#hand >= this.ring.length) this.#hand = 0;
      const entry = this.ring[this.#hand] as TableEntry;
      if (!this.#evict(entry)) this.#hand += 1;
    }
  }

  #evict(entry: TableEntry): boolean {
    if (entry.pins > 0) return false;
    if (entry.used) {
      entry.used = false;
      return false;
    }
    if (!this.#releaseListings(entry.node)) return false;
    const { revision } = entry;
    const { bytes } = entry;
    stepEntry(entry, { type: 'evict' });
    if (entry.state !== 'absent') return false;
    this.bytes -= bytes - entry.bytes;
    this.remove(entry, revision);
    this.evictions += 1;
    return true;
  }

  /** Gives up the listings over a path, unless they are in use. */
  #releaseListings(node: PathNode): boolean {
    if (node.pins > 0 || node.listing === 'loading') return false;
    for (let subtree = this.subtreeOver(node.prefix); subtree !== undefined; subtree = this.subtreeOver(node.prefix)) {
      if (subtree.pins > 0 || subtree.listing === 'loading') return false;
      if (subtree.used) {
        subtree.used = false;
        return false;
      }
      this.subtrees.delete(subtree.prefix);
    }
    if (node.listing === 'complete' && node.listingUsed) {
      node.listingUsed = false;
      return false;
    }
    node.listing = 'none';
    node.secondary = undefined;
    return true;
  }

  clear(): void {
    this.#byAddress.clear();
    this.#byPrefix.clear();
    this.#byHash.clear();
    this.nodes.clear();
    this.subtrees.clear();
    for (const entry of this.ring) entry.slot = -1;
    this.ring.length = 0;
    this.#last = undefined;
    this.#hand = 0;
    this.bytes = 0;
  }
}

/** The key of an id whose escaped key is at hand: they differ only where something was escaped. */
function keyOf(id: string, escapedKey: string): string {
  if (!escapedKey.includes('"')) return escapedKey;
  const parsed = parseDocumentId(id);
  return parsed?.kind === 'head' ? parsed.address.key : '';
}

/** Whether bytes that are ASCII begin with a text. */
function beginsWith(bytes: Uint8Array, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
