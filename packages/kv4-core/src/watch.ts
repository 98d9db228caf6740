import type { KeyAddress, PathAddress } from './address.ts';
import type { OperationOptions } from './operation.ts';
import type { Kv4Record } from './record.ts';

/** What a watch covers. */
export type WatchScope =
  | { readonly type: 'key'; readonly address: KeyAddress }
  | { readonly type: 'path'; readonly address: PathAddress }
  | { readonly type: 'subtree'; readonly address: PathAddress }
  | { readonly type: 'layer'; readonly bucket: string; readonly layer: string };

/** How a watch behaves. */
export interface WatchOptions extends OperationOptions {
  /** Begin with the values that are there, followed by `end-of-initial`. Default true; ignored with `after`. */
  readonly initial?: boolean;
  /** Resume behind this {@link WatchEvent.position}. Where a gapless resume is not provable, the watch begins with `reset`. */
  readonly after?: string;
  /** Coalesce: a slow consumer gets only the newest state of each key. Default false. */
  readonly latestOnly?: boolean;
  /** Every version is an event of its own, also where several were written between two feed rows. Default false. */
  readonly history?: boolean;
  /** Events held for a slow consumer before the watch ends with `reset` (`slow-consumer`); default {@link DEFAULT_WATCH_QUEUE_EVENTS}. */
  readonly maxQueuedEvents?: number;
}

/** Default of {@link WatchOptions.maxQueuedEvents}, in events. */
export const DEFAULT_WATCH_QUEUE_EVENTS = 10_000;

/** Why continuity was lost. */
export type WatchResetReason = 'database-recreated' | 'database-restored' | 'position-unknown' | 'slow-consumer' | 'resync';

/**
 * What a watch yields. Per key, events are in version order and no version appears twice; a consumer that keeps up
 * always sees the final version. `position` is opaque and can be handed to any neuron of the system as `after`.
 */
export type WatchEvent =
  | {
      readonly type: 'put';
      readonly position: string;
      readonly record: Kv4Record;
      /** The record that this one replaced, where it was known. */
      readonly previous?: Kv4Record;
    }
  | {
      readonly type: 'delete';
      readonly position: string;
      readonly address: KeyAddress;
      /** The version of the deletion; absent where the database only says that the key is gone. */
      readonly version?: string;
      readonly previous?: Kv4Record;
    }
  /** All values that were there when the watch began have been delivered; what follows is live. */
  | { readonly type: 'end-of-initial'; readonly position: string }
  /**
   * Events may have been missed: forget everything seen so far. After `slow-consumer` the watch ends; after any
   * other reason it delivers the values again, as initial ones, up to an `end-of-initial`.
   */
  | { readonly type: 'reset'; readonly position: string; readonly reason: WatchResetReason };
