import { headId } from '@xir/kv4-core';
import type { HistoryPolicies } from '@xir/router';

/** The bucket of every channel. */
export const BUCKET = 'b';
/** The layer in which channels keep their messages. */
const HISTORY_LAYER = '*messages';

/** A channel of a schedule. */
export interface SimulatedChannel {
  readonly path: string;
  /** It keeps its messages. */
  readonly keeps: boolean;
}

/** The channels: the second lies beneath the first, and keeps its messages. */
export const CHANNELS: readonly SimulatedChannel[] = [
  { path: '/room', keeps: false },
  { path: '/room/log', keeps: true },
];

/** Most messages that who comes back is given: few, so that there are those who are not. */
export const MAX_RECOVERED = 8;

/** How the channels keep their messages. */
export const HISTORY: HistoryPolicies = ({ path }) => (CHANNELS.some((channel) => channel.keeps && channel.path === path) ? { layer: HISTORY_LAYER, maxRecoveredMessages: MAX_RECOVERED } : undefined);

/** The document that holds what a channel keeps. */
export function historyDocument(path: string): string {
  return headId({ bucket: BUCKET, layer: HISTORY_LAYER, path, key: 'messages' });
}
