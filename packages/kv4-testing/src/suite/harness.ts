import type { Kv4Store } from '@xir/kv4-core';

/** A store opened for one case. */
export interface OpenedKv4Store {
  readonly store: Kv4Store;
  /** Releases the store and whatever stands beneath it. Called once, also after the case closed the store itself. */
  close(): Promise<void>;
  /** A further store on the same data, such as a second neuron's; the cases about two stores run only where this is given. The case closes it. */
  reopen?(): Promise<Kv4Store>;
  /** Moves the store's clock on by milliseconds; without it, cases that need time to pass wait for real time. */
  advance?(ms: number): void | Promise<void>;
}

/** How the acceptance suite gets at an implementation of `Kv4Store`. */
export interface Kv4StoreHarness {
  /** What the cases are grouped under in the report. */
  readonly name: string;
  /** Opens a store. Cases may share their data: each keeps to a path (and, unless `bucket` is set, a bucket) of its own. */
  open(): Promise<OpenedKv4Store>;
  /** The only bucket that the store may use, such as a logged-in account's. Cases about several buckets do not run then. */
  readonly bucket?: string;
  /** Layers that the store may use; default {@link DEFAULT_SUITE_LAYERS}. Cases about several layers need two. */
  readonly layers?: readonly string[];
  /** Longest wait, in milliseconds, for something that must come true (an event, an expiry); default {@link DEFAULT_PATIENCE_MS}. */
  readonly patienceMs?: number;
}

/** Default of {@link Kv4StoreHarness.layers}. One name is the beginning of another on purpose. */
export const DEFAULT_SUITE_LAYERS: readonly string[] = ['*data', '*data:more'];

/** Default of {@link Kv4StoreHarness.patienceMs}, in milliseconds. */
export const DEFAULT_PATIENCE_MS = 10_000;
