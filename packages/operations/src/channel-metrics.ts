import type { LabelledValue, MetricDefinition } from './metrics.ts';

/** Figures of channels and signalling; counts are since the start. */
export interface ChannelSnapshot {
  /** Clients connected now. */
  readonly connections: number;
  readonly connectionsTotal: number;
  /** Connections that were refused. */
  readonly refused: number;
  /** Frames of clients, heartbeats included. */
  readonly framesIn: number;
  readonly slowCut: number;
  readonly silentCut: number;
  readonly floodsCut: number;
  /** Peers over HTTP now. */
  readonly httpPeers: number;
  /** Channels on which somebody is, on whatever neuron. */
  readonly channels: number;
  /** Peers of this neuron. */
  readonly localPeers: number;
  readonly localListeners: number;
  readonly joins: number;
  readonly leaves: number;
  /** Messages of peers and publishers of this neuron that were taken. */
  readonly sent: number;
  /** Messages that came from other neurons. */
  readonly received: number;
  /** Messages handed to receivers, each receiver counted. */
  readonly deliveries: number;
  readonly duplicates: number;
  readonly undelivered: number;
  /** These, labelled with `reason`. */
  readonly undeliveredBy: readonly LabelledValue[];
  readonly rateLimited: number;
  /** Frames and events dropped for clients that read too slowly. */
  readonly dropped: number;
  /** These, labelled with the `policy` of their channels. */
  readonly droppedBy: readonly LabelledValue[];
  /** Receivers that were cut because they read too slowly, labelled with `face`. */
  readonly receiversCut: readonly LabelledValue[];
  /** Who came back with a position and was given all that it missed. */
  readonly recovered: number;
  /** Who came back with a position and was told that it was not given all. */
  readonly notRecovered: number;
  /** Documents in which subscriptions were written down or deleted. */
  readonly slotWrites: number;
  /** Documents of subscriptions that could not be written when it was last tried, or are being written for more than a second. */
  readonly unwrittenSlots: number;
}

/** Figures of webhooks; counts are since the start. */
export interface WebhookSnapshot {
  /** Webhooks that are told. */
  readonly hooks: number;
  /** Events that wait. */
  readonly queued: number;
  /** Events that receivers have taken. */
  readonly sent: number;
  /** Events that were dropped, those that were given up included. */
  readonly dropped: number;
  /** Events whose request was given up. */
  readonly givenUp: number;
  /** Requests that failed. */
  readonly failed: number;
  /** Requests that were sent again. */
  readonly retried: number;
}

type Definition = MetricDefinition<{ readonly channels?: ChannelSnapshot; readonly webhooks?: WebhookSnapshot }>;

const counter = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'counter', read });
const gauge = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'gauge', read });
/** One count for each value of a label; the values are few, and fixed. */
const counters = (name: string, help: string, [label, read]: readonly [string, (snapshot: Parameters<Definition['read']>[0]) => Readonly<Record<string, number>> | undefined]): Definition => ({
  name,
  help,
  type: 'counter',
  labelNames: [label],
  read: (snapshot) => {
    const counts = read(snapshot);
    return counts === undefined ? undefined : Object.entries(counts).map(([value, count]) => ({ labels: { [label]: value }, value: count }));
  },
});

/** The metrics of signalling, channels and webhooks. Their names are stable. */
export const CHANNEL_METRICS: readonly Definition[] = [
  gauge('xir_signalling_connections', 'Signalling clients.', ({ channels }) => channels?.connections),
  counter('xir_signalling_connections_total', 'Signalling clients that were accepted.', ({ channels }) => channels?.connectionsTotal),
  counters('xir_signalling_connections_cut_total', 'Signalling clients that were refused or cut, by reason: no good token or too many, a slow reader, too many or broken frames, no sign of life.', [
    'reason',
    ({ channels }) => channels && { refused: channels.refused, 'slow-reader': channels.slowCut, 'bad-input': channels.floodsCut, silent: channels.silentCut },
  ]),
  counter('xir_signalling_frames_total', 'Frames of signalling clients, heartbeats included.', ({ channels }) => channels?.framesIn),
  gauge('xir_http_peers', 'Peers over HTTP: streams, those that poll, and those that are held on behalf.', ({ channels }) => channels?.httpPeers),
  gauge('xir_channels', 'Channels on which somebody is, on whatever neuron.', ({ channels }) => channels?.channels),
  gauge('xir_channels_peers', 'Peers on channels that are connected to this neuron, each channel counted.', ({ channels }) => channels?.localPeers),
  gauge('xir_channels_listeners', 'Listeners on this neuron.', ({ channels }) => channels?.localListeners),
  counter('xir_channels_joins_total', 'Peers of this neuron that came onto a channel.', ({ channels }) => channels?.joins),
  counter('xir_channels_leaves_total', 'Peers of this neuron that went off a channel, for whatever reason.', ({ channels }) => channels?.leaves),
  counters('xir_channels_messages_total', 'Messages, by where they came from: senders of this neuron, or other neurons. What a channel keeps comes to others through the database, and is not counted there.', [
    'from',
    ({ channels }) => channels && { here: channels.sent, neurons: channels.received },
  ]),
  counter('xir_channels_deliveries_total', 'Messages handed to receivers on this neuron, each receiver counted.', ({ channels }) => channels?.deliveries),
  counters('xir_channels_not_delivered_total', 'Messages that were not delivered, by reason: repeated, reported as undelivered, refused as too many, dropped for a slow reader.', [
    'reason',
    ({ channels }) => channels && { duplicate: channels.duplicates, undelivered: channels.undelivered, 'rate-limited': channels.rateLimited, 'slow-reader': channels.dropped },
  ]),
  { name: 'xir_channels_undelivered_total', help: 'Messages, or parts of them, that were reported to their senders as undelivered, by reason: nobody there, neuron not reached, connection to it lost on the way, too many on the way, not stored.', type: 'counter', labelNames: ['reason'], read: ({ channels }) => channels?.undeliveredBy },
  { name: 'xir_channels_dropped_total', help: 'Messages that were dropped for slow receivers, by the policy of their channel.', type: 'counter', labelNames: ['policy'], read: ({ channels }) => channels?.droppedBy },
  { name: 'xir_channels_receivers_cut_total', help: 'Receivers that were cut because they read too slowly, by the way they came.', type: 'counter', labelNames: ['face'], read: ({ channels }) => channels?.receiversCut },
  counters('xir_channels_recoveries_total', 'Clients that came back with a position, by what they were told: all that they missed was given to them, or it was not.', [
    'outcome',
    ({ channels }) => channels && { recovered: channels.recovered, refused: channels.notRecovered },
  ]),
  counter('xir_channels_slot_writes_total', 'Documents in which subscriptions were written down or deleted.', ({ channels }) => channels?.slotWrites),
  gauge('xir_channels_unwritten_slots', 'Documents of subscriptions that could not be written when it was last tried, or are being written for more than a second: other neurons do not know yet who came or left.', ({ channels }) => channels?.unwrittenSlots),
  gauge('xir_webhooks', 'Webhooks that are told.', ({ webhooks }) => webhooks?.hooks),
  gauge('xir_webhooks_queued_events', 'Events that wait for webhooks.', ({ webhooks }) => webhooks?.queued),
  counters('xir_webhooks_events_total', 'Events for webhooks, by what became of them: taken by the receiver, given up after failures, or too many waited.', [
    'outcome',
    ({ webhooks }) => webhooks && { sent: webhooks.sent, 'given-up': webhooks.givenUp, overflow: webhooks.dropped - webhooks.givenUp },
  ]),
  counter('xir_webhooks_failed_requests_total', 'Requests to webhooks that failed.', ({ webhooks }) => webhooks?.failed),
  counter('xir_webhooks_retried_requests_total', 'Requests to webhooks that were sent again.', ({ webhooks }) => webhooks?.retried),
];
