import { versionTimeMs, type KeyAddress, type Kv4Store, type Retention } from '@xir/kv4-core';

import type { Message } from '../routing/message.ts';
import { EMPTY_HISTORY_POSITION, isWholeHistory } from './history-policy.ts';
import { readStoredMessage } from './stored-message.ts';

/** Default of {@link HistoryOptions.limit}, in messages. */
export const DEFAULT_HISTORY_LIMIT = 100;
/** Largest {@link HistoryOptions.limit}, in messages. */
export const MAX_HISTORY_LIMIT = 1_000;

/** Which messages of a history are wanted. */
export interface HistoryOptions {
  /** Those behind this position, from the oldest on; absent: the newest. {@link EMPTY_HISTORY_POSITION}: from the first on that is kept. */
  readonly since?: string;
  /** Without `since`: those up to this position, and it. */
  readonly upTo?: string;
  /** Without `since`: those before this position. */
  readonly before?: string;
  /** Most messages; default {@link DEFAULT_HISTORY_LIMIT}, at most {@link MAX_HISTORY_LIMIT}. */
  readonly limit?: number;
}

/** A part of a history, oldest first; each message names the one before where that is in the part, or is `since`. */
export interface HistoryPage {
  readonly messages: readonly Message[];
  /** With `since`: whether the history still reaches back to it, so that nothing is missing in between. */
  readonly isContinuous: boolean;
  /** There are further ones, behind these with `since`, before them without. */
  readonly hasMore: boolean;
}

/** Where a history is read. */
export interface HistorySource {
  readonly store: Kv4Store;
  readonly address: KeyAddress;
  /** How long the store keeps it; absent: that is not known. */
  readonly retention: Retention | undefined;
  readonly nowMs: number;
}

/** Reads a part of a history. Throws `TypeError` for a limit that cannot be. Rejects with what the store rejects with. */
export async function readHistory({ store, address, retention, nowMs }: HistorySource, { since, upTo, before, limit = DEFAULT_HISTORY_LIMIT }: HistoryOptions): Promise<HistoryPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_HISTORY_LIMIT) throw new TypeError(`limit must be a whole number from 1 to ${MAX_HISTORY_LIMIT}`);
  const fromMs = since === undefined || since === EMPTY_HISTORY_POSITION ? 0 : versionTimeMs(since);
  const toMs = versionTimeMs(upTo ?? before ?? '');
  if (Number.isNaN(fromMs) || (Number.isNaN(toMs) && (upTo ?? before) !== undefined)) return { messages: [], isContinuous: false, hasMore: false };
  const found: Message[] = [];
  let isContinuous = since === undefined;
  let oldest: string | undefined;
  let count = 0;
  const behind = since === undefined || since === EMPTY_HISTORY_POSITION ? '' : since;
  for await (const version of store.series(address, since !== undefined ? { fromMs, ascending: true } : Number.isNaN(toMs) ? {} : { toMs })) {
    if (since === undefined && ((upTo !== undefined && version.version > upTo) || (before !== undefined && version.version >= before))) continue;
    oldest ??= version.version;
    count += 1;
    if (version.version === behind) isContinuous = true;
    if (version.version <= behind) continue;
    const message = readStoredMessage(version);
    if (message === undefined) continue;
    found.push(message);
    if (found.length > limit) break;
  }
  const hasMore = found.length > limit;
  if (hasMore) found.pop();
  // Of how many there are behind these nothing is known.
  if (since === EMPTY_HISTORY_POSITION) isContinuous = count === 0 || isWholeHistory(retention, { oldest, count: hasMore ? Number.POSITIVE_INFINITY : count }, nowMs);
  if (since === undefined) found.reverse();
  let previous = isContinuous ? since : undefined;
  const messages = found.map((message) => {
    const told = previous === undefined ? message : { ...message, previous };
    previous = message.position;
    return told;
  });
  return { messages, isContinuous, hasMore };
}
