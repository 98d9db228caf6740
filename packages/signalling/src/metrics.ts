import type { OutboxSchedule } from '@xir/router';

/** Figures of the face. */
export interface SignallingMetrics {
  /** Connections now. */
  connections: number;
  /** Connections since the start. */
  connectionsTotal: number;
  /** Upgrades that were refused. */
  refused: number;
  /** Frames of clients, heartbeats included. */
  framesIn: number;
  /** Frames that could not be read. */
  malformed: number;
  /** Frames under names that only the server uses. */
  spoofed: number;
  /** Clients cut for sending too much, or what is no text. */
  floodsCut: number;
  /** Clients cut for giving no sign of life. */
  silentCut: number;
  /** Clients cut for reading too slowly. */
  slowCut: number;
  /** Frames dropped for slow readers. */
  dropped: number;
  /** These by the policy of their channel. */
  droppedBy: Readonly<OutboxSchedule['droppedBy']>;
}

/** All at none. */
export function noMetrics(): SignallingMetrics {
  return { connections: 0, connectionsTotal: 0, refused: 0, framesIn: 0, malformed: 0, spoofed: 0, floodsCut: 0, silentCut: 0, slowCut: 0, dropped: 0, droppedBy: { 'drop-oldest': 0, 'latest-only': 0 } };
}
