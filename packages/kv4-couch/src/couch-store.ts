import {
  aggregateVersions,
  checkAggregateOptions,
  bucketRange,
  checkBucket,
  checkDeleteOptions,
  checkDepth,
  checkKeyAddress,
  checkPageOptions,
  checkPathAddress,
  checkPutOptions,
  checkReadOptions,
  checkSecondaryKeys,
  checkSeriesOptions,
  checkTime,
  checkValue,
  checkWatchOptions,
  checkWriteCondition,
  coverOf,
  headId,
  highestVersionAt,
  isLive,
  Kv4Error,
  pathRange,
  recordFromHead,
  retentionOf,
  subtreeRange,
  type AggregateOptions,
  type AggregateResult,
  type CommitBase,
  type DeleteOptions,
  type IdRange,
  type JsonValue,
  type KeyAddress,
  type Kv4Record,
  type Kv4Store,
  type Kv4StoreSupports,
  type Kv4Version,
  type OperationOptions,
  type Page,
  type PageOptions,
  type PathAddress,
  type PutOptions,
  type ReadOptions,
  type SecondaryKeyName,
  type SeriesOptions,
  type TreeOptions,
  type WatchEvent,
  type WatchOptions,
  type WatchScope,
  type WriteResult,
} from '@xir/kv4-core';
import { eraseRange } from './erase-range.ts';
import { openHeadStore, type HeadStore, type HeadStoreOptions, type HeadStoreStats } from './head-store.ts';
import { layersOf, pageOfPaths, pageOfWalk, walkHeads, walkPath, walkTree, type LocatedHead } from './listing.ts';
import { segmentBelow } from './segments.ts';
import { mergedSeries, oldestRetained, toVersion, versionsIn, type SeriesSource } from './series.ts';
import { readTreeAt } from './tree-at.ts';
import { recordOf, writeResult } from './results.ts';

/** Default of {@link CouchStoreOptions.author}. */
export const DEFAULT_AUTHOR = '$sys';

/** How a store on CouchDB is opened. */
export interface CouchStoreOptions extends HeadStoreOptions {
  /** Author of writes that name none; default {@link DEFAULT_AUTHOR}. */
  readonly author?: string;
  /** Largest value, in bytes of JSON; default `DEFAULT_MAX_VALUE_BYTES` of `@xir/kv4-core`. */
  readonly maxValueBytes?: number;
}

/** Keys deleted at once by {@link CouchStore.deletePath} and {@link CouchStore.deleteSubtree}. */
const DELETE_PIECE = 500;
const FIND_PIECE = 200;

/**
 * `Kv4Store` on one CouchDB database, without a cache: every read asks the database, so `fresh` and `maxAgeMs` are always met. Writes leave by group commit. It cannot
 * watch: `@xir/kv4` follows the change feed.
 */
export class CouchStore implements Kv4Store {
  readonly supports: Kv4StoreSupports = { watch: false, history: true, expiry: true, author: true, scalars: true };
  /** The heads beneath: for a cache in front of them. */
  readonly heads: HeadStore;
  readonly #author: string;
  readonly #maxValueBytes: number | undefined;
  readonly #source: SeriesSource;

  /** Takes over the heads: closing the store closes them. */
  constructor(heads: HeadStore, options: Pick<CouchStoreOptions, 'author' | 'maxValueBytes'> = {}) {
    this.heads = heads;
    this.#author = options.author ?? DEFAULT_AUTHOR;
    this.#maxValueBytes = options.maxValueBytes;
    this.#source = {
      database: heads.database,
      guard: (request, signal) => heads.guard(request, signal),
      onConflict: (id) => heads.noticeUpkeep(id),
    };
  }

  async get(address: KeyAddress, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkReadOptions(options);
    const { head } = await this.heads.readHead(headId(checked), options.signal);
    return isLive(head, this.heads.clock.now()) ? recordFromHead(head, checked) : undefined;
  }

  async put(address: KeyAddress, value: JsonValue, options: PutOptions = {}): Promise<WriteResult> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkPutOptions(options);
    const text = checkValue(value, this.#maxValueBytes === undefined ? {} : { maxValueBytes: this.#maxValueBytes });
    const { secondary, expiresInMs, author = this.#author } = options;
    const outcome = await this.heads.commit(
      headId(checked),
      {
        type: 'put',
        // A copy: the caller may go on changing the value while it waits.
        value: JSON.parse(text) as JsonValue,
        author,
        condition: checkWriteCondition(options.condition),
        merge: options.merge === true,
        ...(secondary === undefined ? {} : { secondary: checkSecondaryKeys(secondary) }),
        ...(expiresInMs === undefined ? {} : { expiresAtMs: Math.ceil(this.heads.clock.now() + expiresInMs) }),
      },
      { signal: options.signal, characters: text.length },
    );
    return writeResult(checked, outcome) as WriteResult;
  }

  async delete(address: KeyAddress, options: DeleteOptions = {}): Promise<WriteResult | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkDeleteOptions(options);
    return this.#delete(checked, options);
  }

  async deletePath(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteRange(pathRange(this.#begin(checkPathAddress, address, options)), options);
  }

  async deleteSubtree(address: PathAddress, options: DeleteOptions = {}): Promise<number> {
    return this.#deleteRange(subtreeRange(this.#begin(checkPathAddress, address, options)), options);
  }

  async keys(address: PathAddress, options: PageOptions = {}): Promise<Page<string>> {
    return this.#list(address, options, (met) => met.address.key);
  }

  async list(address: PathAddress, options: PageOptions = {}): Promise<Page<Kv4Record>> {
    return this.#list(address, options, recordOf);
  }

  async tree(address: PathAddress, options: TreeOptions = {}): Promise<Page<Kv4Record>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    const walk = walkTree(this.heads, base, checkDepth(options), { after: page.afterId, piece: page.limit + 1, signal: options.signal });
    return pageOfWalk(walk, page, recordOf);
  }

  async paths(address: PathAddress, options: TreeOptions = {}): Promise<Page<string>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    return pageOfPaths(this.heads, { base, depth: checkDepth(options), page, signal: options.signal });
  }

  /**
   * Deletes everything of a bucket for good, histories included: nothing of it can be read again. Its sub-accounts' buckets are not touched. Resolves to the
   * number of documents deleted.
   */
  async eraseBucket(bucket: string, options: OperationOptions = {}): Promise<number> {
    const heads = bucketRange(this.#begin(checkBucket, bucket, options));
    const segments = { startKey: `s${heads.startKey.slice(1)}`, endKey: `s${heads.endKey.slice(1)}` };
    const { database } = this.heads;
    let erased = 0;
    // Heads first, so that nothing is left to be spilled; again, until both are empty.
    for (let before = -1; erased !== before; ) {
      before = erased;
      for (const range of [heads, segments]) erased += await this.heads.guard(eraseRange(database, range, options.signal), options.signal);
    }
    return erased;
  }

  async layers(bucket: string, options: ReadOptions = {}): Promise<readonly string[]> {
    const checked = this.#begin(checkBucket, bucket, options);
    checkReadOptions(options);
    return layersOf(this.heads, checked, options.signal);
  }

  async find(address: PathAddress, name: SecondaryKeyName, value: string, options: ReadOptions = {}): Promise<Kv4Record | undefined> {
    const range = pathRange(this.#begin(checkPathAddress, address, options));
    checkReadOptions(options);
    checkSecondaryKeys({ [name]: value });
    for await (const met of walkHeads(this.heads, range, { piece: FIND_PIECE, signal: options.signal })) {
      if (met.head.m?.[name] === value) return recordOf(met);
    }
    return undefined;
  }

  async *series(address: KeyAddress, options: SeriesOptions = {}): AsyncGenerator<Kv4Version, void, undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    checkSeriesOptions(options);
    // The head before the segments: a version that is spilled meanwhile is met in at least one of them.
    const { head } = await this.heads.readHead(headId(checked), options.signal);
    const now = this.heads.clock.now();
    const held = versionsIn(head, now);
    const oldest = await oldestRetained(this.#source, checked, held, { retention: retentionOf(checked.layer, this.heads.layers), nowMs: now });
    for await (const stored of mergedSeries(this.#source, checked, held, options)) {
      if (oldest !== undefined && stored[0] < oldest) {
        if (options.ascending === true) continue;
        return;
      }
      yield toVersion(checked, stored);
      this.heads.refuseClosed();
      options.signal?.throwIfAborted();
    }
  }

  async at(address: KeyAddress, timeMs: number, options: OperationOptions = {}): Promise<Kv4Version | undefined> {
    const checked = this.#begin(checkKeyAddress, address, options);
    const highest = highestVersionAt(checkTime(timeMs, 'timeMs'));
    const { head } = await this.heads.readHead(headId(checked), options.signal);
    let newest = versionsIn(head, this.heads.clock.now()).find(([version]) => version <= highest);
    if (head === undefined || head.ver > highest) {
      const { database } = this.heads;
      const segment = await this.heads.guard(segmentBelow(database, checked, highest, options.signal), options.signal);
      const spilled = segment?.versions.findLast(([version]) => version <= highest);
      if (spilled !== undefined && (newest === undefined || spilled[0] > newest[0])) newest = spilled;
    }
    return newest === undefined || newest.length === 2 ? undefined : toVersion(checked, newest);
  }

  async treeAt(address: PathAddress, timeMs: number, options: TreeOptions = {}): Promise<Page<Kv4Version>> {
    const base = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, subtreeRange(base));
    return readTreeAt(this.heads, { base, timeMs: checkTime(timeMs, 'timeMs'), depth: checkDepth(options), page, signal: options.signal });
  }

  async aggregate(address: KeyAddress, options: AggregateOptions): Promise<AggregateResult> {
    checkAggregateOptions(options);
    const { fromMs, toMs, signal } = options;
    const versions: Kv4Version[] = [];
    const bounds = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }), ...(signal === undefined ? {} : { signal }) };
    for await (const version of this.series(address, bounds)) versions.push(version);
    return aggregateVersions(versions, options);
  }

  /** Throws `KV4_UNSUPPORTED`. */
  watch(scope: WatchScope, options: WatchOptions = {}): AsyncIterable<WatchEvent> {
    const refuse = async (): Promise<IteratorResult<WatchEvent>> => {
      this.heads.refuseClosed();
      coverOf(scope);
      checkWatchOptions(options);
      throw new Kv4Error('KV4_UNSUPPORTED', 'a store without a change feed cannot watch');
    };
    return { [Symbol.asyncIterator]: () => ({ next: refuse }) };
  }

  /** Does all upkeep of history that waits, now: spills, repairs, expiries, removals. */
  idle(): Promise<void> {
    return this.heads.idle();
  }

  stats(): HeadStoreStats {
    return this.heads.stats();
  }

  /** Closes the heads; the client stays open. */
  close(): Promise<void> {
    return this.heads.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin<Subject, Checked>(check: (subject: Subject) => Checked, subject: Subject, options: OperationOptions): Checked {
    this.heads.refuseClosed();
    const checked = check(subject);
    options.signal?.throwIfAborted();
    return checked;
  }

  async #list<Item>(address: PathAddress, options: PageOptions, itemOf: (met: LocatedHead) => Item): Promise<Page<Item>> {
    const checked = this.#begin(checkPathAddress, address, options);
    const page = checkPageOptions(options, pathRange(checked));
    return pageOfWalk(walkPath(this.heads, checked, page, options.signal), page, itemOf);
  }

  async #delete(address: KeyAddress, options: DeleteOptions, base?: CommitBase): Promise<WriteResult | undefined> {
    const { author = this.#author, signal } = options;
    const operation = { type: 'delete', author, condition: checkWriteCondition(options.condition) } as const;
    return writeResult(address, await this.heads.commit(headId(address), operation, { signal, base }));
  }

  async #deleteRange(range: IdRange, options: DeleteOptions): Promise<number> {
    checkDeleteOptions(options);
    let count = 0;
    let piece: LocatedHead[] = [];
    for await (const met of walkHeads(this.heads, range, { piece: DELETE_PIECE, signal: options.signal })) {
      piece.push(met);
      if (piece.length < DELETE_PIECE) continue;
      count += await this.#deletePiece(piece, options);
      piece = [];
    }
    return count + (await this.#deletePiece(piece, options));
  }

  /** Deletes what is still there. The first refusal is thrown once the whole piece has been tried. */
  async #deletePiece(piece: readonly LocatedHead[], options: DeleteOptions): Promise<number> {
    const results = await Promise.allSettled(piece.map(({ head, address }) => this.#delete(address, options, { head })));
    let count = 0;
    let failure: PromiseRejectedResult | undefined;
    for (const result of results) {
      if (result.status === 'fulfilled') count += result.value === undefined ? 0 : 1;
      // Somebody else deleted it meanwhile: there is nothing left to delete.
      else if (!(result.reason instanceof Kv4Error && result.reason.code === 'KV4_NOT_FOUND')) failure ??= result;
    }
    if (failure !== undefined) throw failure.reason;
    return count;
  }
}

/** Opens a store; the database is created when it is missing. Rejects with `KV4_UNAVAILABLE` when the database cannot be reached. */
export async function openCouchStore(options: CouchStoreOptions): Promise<CouchStore> {
  return new CouchStore(await openHeadStore(options), options);
}
