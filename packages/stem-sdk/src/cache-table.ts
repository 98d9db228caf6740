/** Bytes that an answer takes besides its texts, estimated. */
const ENTRY_BYTES = 200;

/** What may be kept. */
export interface TableLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** Something that is kept by an id; its texts are what it takes. */
export interface TableItem {
  /** Characters of its texts. */
  readonly characters: number;
}

/** Items by id, the least recently found first: those make room for others. */
export class CacheTable<Item extends TableItem> {
  readonly #items = new Map<string, Item>();
  readonly #limits: TableLimits;
  #bytes = 0;
  #evictions = 0;

  constructor(limits: TableLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Bytes that all of it takes, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Items that made room for others, so far. */
  get evictions(): number {
    return this.#evictions;
  }

  /** An item, as it lies. */
  peek(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** Notes that an item was of use, so that others make room first. */
  touch(id: string): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    this.#items.delete(id);
    this.#items.set(id, item);
  }

  /** Keeps an item in place of what its id stands for; one that is larger than all that may be kept is not. */
  put(id: string, item: Item): void {
    const before = this.#items.get(id);
    if (bytesOf(id, item) > this.#limits.maxBytes) return void this.remove(id);
    if (before !== undefined) this.#bytes -= bytesOf(id, before);
    this.#items.set(id, item);
    this.#bytes += bytesOf(id, item);
    for (const oldest of this.#items.keys()) {
      if (this.#items.size <= this.#limits.maxEntries && this.#bytes <= this.#limits.maxBytes) return;
      this.#evictions += 1;
      this.remove(oldest);
    }
  }

  /** Whether there was such an item. */
  remove(id: string): boolean {
    const item = this.#items.get(id);
    if (item === undefined) return false;
    this.#bytes -= bytesOf(id, item);
    return this.#items.delete(id);
  }

  /** Takes out what is chosen. */
  removeWhere(isChosen: (id: string, item: Item) => boolean): void {
    for (const [id, item] of this.#items) if (isChosen(id, item)) this.remove(id);
  }
}

function bytesOf(id: string, { characters }: TableItem): number {
  return 2 * (id.length + characters) + ENTRY_BYTES;
}
