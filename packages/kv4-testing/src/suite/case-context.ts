import type { JsonValue, KeyAddress, Kv4Record, Kv4Store, Kv4Version, PathAddress, PutOptions, WatchOptions, WatchScope, WriteResult } from '@xir/kv4-core';
import { eventually, pause } from './eventually.ts';
import { DEFAULT_PATIENCE_MS, DEFAULT_SUITE_LAYERS, type Kv4StoreHarness, type OpenedKv4Store } from './harness.ts';
import { WatchRecorder } from './watch-recorder.ts';

/** Time, in milliseconds, that lies between two versions made before and after {@link CaseContext.later}. */
const LATER_MS = 5;

/** What a case works with: a store, and a corner of it that no other case touches. */
export class CaseContext {
  readonly store: Kv4Store;
  readonly bucket: string;
  readonly layers: readonly string[];
  readonly patienceMs: number;
  readonly #opened: OpenedKv4Store;
  readonly #base: string;
  readonly #recorders: WatchRecorder[] = [];
  readonly #others: Kv4Store[] = [];

  /** `corner` is unique to the case: letters and digits. */
  constructor(harness: Kv4StoreHarness, opened: OpenedKv4Store, corner: string) {
    this.store = opened.store;
    this.bucket = harness.bucket ?? `b-${corner}`;
    this.layers = harness.layers ?? DEFAULT_SUITE_LAYERS;
    this.patienceMs = harness.patienceMs ?? DEFAULT_PATIENCE_MS;
    this.#opened = opened;
    this.#base = `/c-${corner}`;
  }

  /** Whether the harness moves the store's clock. */
  get drivesTime(): boolean {
    return this.#opened.advance !== undefined;
  }

  /** A path of the case's own: its base, or something beneath. */
  path(below = ''): PathAddress {
    return { bucket: this.bucket, layer: this.layers[0] as string, path: `${this.#base}${below}` };
  }

  /** A key of the case's own, at its base or beneath. */
  key(key: string, below = ''): KeyAddress {
    return { ...this.path(below), key };
  }

  /** A listed path without the case's base: `''` for the base itself. */
  below(path: string): string {
    return path.startsWith(this.#base) ? path.slice(this.#base.length) : `(elsewhere) ${path}`;
  }

  /** Puts keys one after the other: `below/key` names, each with a value that tells it. */
  async fill(names: readonly string[]): Promise<void> {
    for (const name of names) await this.store.put(this.named(name), { name });
  }

  /** The key that a name such as `/a/b/k` or `k` stands for. */
  named(name: string): KeyAddress {
    const slash = name.lastIndexOf('/');
    return slash < 0 ? this.key(name) : this.key(name.slice(slash + 1), name.slice(0, slash));
  }

  /** The name of a key of the case: the inverse of {@link named}. */
  nameOf(address: KeyAddress): string {
    const below = this.below(address.path);
    return below === '' ? address.key : `${below}/${address.key}`;
  }

  /** The value that stands, or `undefined`. */
  async value(address: KeyAddress): Promise<JsonValue | undefined> {
    return (await this.store.get(address))?.value;
  }

  /** The record that stands; fails where there is none. */
  async record(address: KeyAddress): Promise<Kv4Record> {
    const record = await this.store.get(address);
    if (record === undefined) throw new Error(`there should be a record at ${address.path} ${address.key}`);
    return record;
  }

  /** A put whose version is made in a later millisecond than all before it. */
  async putLater(address: KeyAddress, value: JsonValue, options?: PutOptions): Promise<WriteResult> {
    await this.later();
    return this.store.put(address, value, options);
  }

  /** Lets the next version be made in a later millisecond. */
  async later(): Promise<void> {
    await this.pass(LATER_MS);
  }

  /** Lets time pass: on the driven clock, or in truth. */
  async pass(ms: number): Promise<void> {
    if (this.#opened.advance !== undefined) await this.#opened.advance(ms);
    else await pause(ms);
  }

  /** A key's whole series. */
  async versions(address: KeyAddress): Promise<Kv4Version[]> {
    const versions: Kv4Version[] = [];
    for await (const version of this.store.series(address)) versions.push(version);
    return versions;
  }

  /** Tries until a check passes; its last failure is the case's once patience is at its end. */
  eventually<Result>(check: () => Promise<Result>): Promise<Result> {
    return eventually(check, this.patienceMs);
  }

  /** Begins to watch and record; ended with the case. */
  watch(scope: WatchScope, options: WatchOptions = {}, store: Kv4Store = this.store): WatchRecorder {
    const recorder = new WatchRecorder(store, scope, { ...options, patienceMs: this.patienceMs });
    this.#recorders.push(recorder);
    return recorder;
  }

  /** A second store on the same data, closed with the case. */
  async reopen(): Promise<Kv4Store> {
    if (this.#opened.reopen === undefined) throw new Error('the case needs a harness with reopen');
    const store = await this.#opened.reopen();
    this.#others.push(store);
    return store;
  }

  /** Ends what the case began. */
  async end(): Promise<void> {
    for (const recorder of this.#recorders) await recorder.stop();
    for (const store of this.#others) await store.close();
  }
}
