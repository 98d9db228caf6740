import { mergeAccumulators, type Accumulator } from '@xir/kv4-core';
import type { StatsAccumulator } from '@xir/rest';
import type { Channel, Router } from '@xir/router';

/** The measure of messages: one measurement for each, its content's bytes. */
export const PACKET_MEASURE = 'router:pkt';
/** The measure of subscriptions: one measurement of 1 for each join, of who connects again too. */
export const SUBSCRIPTION_MEASURE = 'router:sub';

/** Channels and users whose counts wait for the next write. */
const MAX_COUNTED = 100_000;

interface Count {
  readonly channel: Channel;
  readonly user: string;
  packets: Accumulator | undefined;
  subscriptions: number;
}

/** What a {@link meterRouter} works with. */
export interface RouterMeterParts {
  readonly router: Pick<Router, 'onSent' | 'onPresence'>;
  readonly stats: Pick<StatsAccumulator, 'beforeFlush' | 'tryAdd'>;
  /** The name of this neuron: joins are counted by that of the peer. */
  readonly neuron: string;
  /** Told how many measurements could not be kept. */
  readonly onDropped?: (count: number) => void;
}

/** Counts what the peers and publishers of this neuron send, and who joins, by channel and user, for `_stats`. Gives back how to stop that. */
export function meterRouter({ router, stats, neuron, onDropped = () => undefined }: RouterMeterParts): () => void {
  let counts = new Map<string, Count>();
  const countOf = ({ bucket, path }: Channel, user: string): Count | undefined => {
    const key = `${bucket}\n${path}\n${user}`;
    let count = counts.get(key);
    if (count !== undefined) return count;
    if (counts.size >= MAX_COUNTED) {
      onDropped(1);
      return undefined;
    }
    counts.set(key, (count = { channel: { bucket, path }, user, packets: undefined, subscriptions: 0 }));
    return count;
  };
  stats.beforeFlush(() => {
    const leaving = counts;
    counts = new Map();
    for (const { channel, user, packets, subscriptions } of leaving.values()) {
      const add = (measure: string, measures: Accumulator) => {
        const total = { bucket: channel.bucket, measure, entity: channel.path };
        if (!(stats.tryAdd(total, measures) && stats.tryAdd({ ...total, key: user }, measures))) onDropped(measures.count);
      };
      if (packets !== undefined) add(PACKET_MEASURE, packets);
      if (subscriptions > 0) add(SUBSCRIPTION_MEASURE, { sum: subscriptions, min: 1, max: 1, count: subscriptions });
    }
  });
  const stops = [
    router.onSent(({ channel, user, content }) => {
      const count = countOf(channel, user);
      if (count === undefined) return;
      const bytes = Buffer.byteLength(content);
      const measures = { sum: bytes, min: bytes, max: bytes, count: 1 };
      count.packets = count.packets === undefined ? measures : mergeAccumulators(count.packets, measures);
    }),
    router.onPresence(({ type, peer, previous }) => {
      // Who connects again, while the connection before is still there, moves to the newer one.
      const isNew = type === 'join' || (type === 'move' && previous !== undefined && previous.joinedAtMs < peer.joinedAtMs);
      if (!isNew || peer.neuron !== neuron) return;
      const count = countOf(peer, peer.user);
      if (count !== undefined) count.subscriptions += 1;
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
