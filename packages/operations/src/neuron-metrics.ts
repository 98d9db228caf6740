import { CHANNEL_METRICS, type ChannelSnapshot, type WebhookSnapshot } from './channel-metrics.ts';
import type { LoopDelay } from './loop-delay.ts';
import { MEMBERSHIP_METRICS, type MembershipSnapshot } from './membership-metrics.ts';
import type { LabelledValue, MetricDefinition } from './metrics.ts';
import type { WatchdogSnapshot } from './watchdog.ts';

/** The cache at one moment; counts are since the start. */
export interface CacheSnapshot {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly listings?: number;
  readonly bytes: number;
  readonly maxBytes?: number;
  readonly evictions?: number;
  readonly resets?: number;
}

/** The change feed at one moment; counts are since the start. */
export interface FeedSnapshot {
  /** Whether it is proved alive. */
  readonly alive: boolean;
  /** Milliseconds since the last sign of life; absent: never. */
  readonly ageMs?: number;
  /** Milliseconds from a version's making to its row being applied here, of the latest row. */
  readonly lagMs?: number;
  /** Rows received and not applied yet. */
  readonly pending?: number;
  /** Rows and documents that were left out since they could not be understood, by reason. */
  readonly ignored?: Readonly<Record<string, number>>;
  readonly rows?: number;
  readonly reconnects?: number;
}

/** Writes since the start. */
export interface WriteSnapshot {
  readonly writes: number;
  readonly batches: number;
  readonly conflicts?: number;
  readonly notDurable?: number;
  readonly failures?: number;
  /** Operations that wait for the database now. */
  readonly pending?: number;
  /** Writes of which it could not be found out whether they happened. */
  readonly unknownOutcomes?: number;
}

/** The cache audit since the start. */
export interface AuditSnapshot {
  readonly checked?: number;
  readonly divergences: number;
}

/** The Redis protocol at one moment; counts are since the start. */
export interface TcpSnapshot {
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly connectionsRefused: number;
  /** Connections that were cut since their reader was slow. */
  readonly slowReadersCut: number;
  /** Connections that were cut for bytes that are no requests, or too many. */
  readonly brokenInputsCut: number;
  readonly loginsFailed: number;
  /** Commands answered, labelled with `command` and `outcome`. */
  readonly commands: readonly LabelledValue[];
  /** Names that are followed for client-side caches. */
  readonly trackedNames: number;
  readonly invalidations: number;
  readonly subscriptions: number;
  readonly messages: number;
  /** Bytes of requests that are being received. */
  readonly bufferedInputBytes: number;
}

/** The WebSocket data API at one moment; counts are since the start. */
export interface WebSocketSnapshot {
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly connectionsRefused: number;
  /** Connections that were cut since their reader was slow. */
  readonly slowReadersCut: number;
  /** Connections that were cut for frames that are none, or too much input. */
  readonly badInputsCut: number;
  /** Connections that were cut since they gave no sign of life. */
  readonly silentCut: number;
  readonly loginsFailed: number;
  /** Requests answered, labelled with `operation` and `outcome`. */
  readonly requests: readonly LabelledValue[];
  readonly requestsInFlight: number;
  readonly watches: number;
  readonly events: number;
  /** Bytes of messages that are being received. */
  readonly bufferedInputBytes: number;
}

/** Everything that is exported. A part that is absent exports no samples. */
export interface NeuronSnapshot {
  readonly version?: string;
  readonly cache?: CacheSnapshot;
  readonly feed?: FeedSnapshot;
  readonly writes?: WriteSnapshot;
  readonly audit?: AuditSnapshot;
  readonly loopDelay?: LoopDelay;
  readonly watchdog?: WatchdogSnapshot;
  /** Requests since the start, labelled with `service`, `method` and `outcome` (`ok`, or the error string). */
  readonly requests?: readonly LabelledValue[];
  /** Requests being answered now. */
  readonly requestsInFlight?: number;
  readonly watches?: number;
  /** The Redis protocol. */
  readonly tcp?: TcpSnapshot;
  /** The WebSocket data API. */
  readonly webSocket?: WebSocketSnapshot;
  /** Channels and signalling. */
  readonly channels?: ChannelSnapshot;
  /** Webhooks on channels. */
  readonly webhooks?: WebhookSnapshot;
  /** The neurons of the system, and the links to them. */
  readonly membership?: MembershipSnapshot;
}

type Definition = MetricDefinition<NeuronSnapshot>;

const seconds = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : milliseconds / 1000);

const counter = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'counter', read });
const gauge = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'gauge', read });

/** The metrics of a neuron, beside those of its process. Their names are stable. */
export const NEURON_METRICS: readonly Definition[] = [
  {
    name: 'xir_build_info',
    help: 'Always 1; the label says which version runs.',
    type: 'gauge',
    labelNames: ['version'],
    read: ({ version }) => (version === undefined ? undefined : [{ labels: { version }, value: 1 }]),
  },
  counter('xir_cache_hits_total', 'Reads answered from the cache.', ({ cache }) => cache?.hits),
  counter('xir_cache_misses_total', 'Reads that had to ask the database.', ({ cache }) => cache?.misses),
  gauge('xir_cache_entries', 'Keys held in the cache.', ({ cache }) => cache?.entries),
  gauge('xir_cache_listings', 'Listings held in the cache.', ({ cache }) => cache?.listings),
  gauge('xir_cache_bytes', 'Estimated bytes held in the cache.', ({ cache }) => cache?.bytes),
  gauge('xir_cache_max_bytes', 'Bytes the cache may hold.', ({ cache }) => cache?.maxBytes),
  counter('xir_cache_evictions_total', 'Entries evicted to stay within the limit.', ({ cache }) => cache?.evictions),
  counter('xir_cache_resets_total', 'Times the whole cache was dropped since continuity could not be proved.', ({ cache }) => cache?.resets),
  gauge('xir_feed_alive', '1 when the change feed is proved alive, 0 when not.', ({ feed }) => (feed === undefined ? undefined : Number(feed.alive))),
  gauge('xir_feed_age_seconds', 'Time since the last sign of life of the change feed.', ({ feed }) => seconds(feed?.ageMs)),
  gauge('xir_feed_lag_seconds', 'Time from the making of a version to its row being applied here, of the latest row.', ({ feed }) => seconds(feed?.lagMs)),
  gauge('xir_feed_pending', 'Rows received and not applied yet.', ({ feed }) => feed?.pending),
  counter('xir_feed_rows_total', 'Rows received from the change feed.', ({ feed }) => feed?.rows),
  {
    name: 'xir_documents_ignored_total',
    help: 'Rows and documents left out because they could not be understood: lines of the feed, rows, and heads that are none.',
    type: 'counter',
    labelNames: ['reason'],
    read: ({ feed }) => (feed?.ignored === undefined ? undefined : Object.entries(feed.ignored).map(([reason, value]) => ({ labels: { reason }, value }))),
  },
  counter('xir_feed_reconnects_total', 'Times the change feed was opened again.', ({ feed }) => feed?.reconnects),
  counter('xir_writes_total', 'Writes acknowledged by the database.', ({ writes }) => writes?.writes),
  counter('xir_write_batches_total', 'Requests in which those writes left.', ({ writes }) => writes?.batches),
  counter('xir_write_conflicts_total', 'Writes that met a newer revision and were folded again.', ({ writes }) => writes?.conflicts),
  counter('xir_writes_not_durable_total', 'Writes accepted below the quorum of the database (202).', ({ writes }) => writes?.notDurable),
  counter('xir_write_failures_total', 'Writes that ended with an error.', ({ writes }) => writes?.failures),
  gauge('xir_writes_pending', 'Writes that wait for the database.', ({ writes }) => writes?.pending),
  counter('xir_writes_unknown_total', 'Writes of which it could not be found out whether they happened.', ({ writes }) => writes?.unknownOutcomes),
  counter('xir_audit_checked_total', 'Cached answers compared with the database.', ({ audit }) => audit?.checked),
  counter('xir_audit_divergences_total', 'Cached answers that differed from the database.', ({ audit }) => audit?.divergences),
  {
    name: 'xir_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape.',
    type: 'gauge',
    labelNames: ['quantile'],
    read: ({ loopDelay }) =>
      loopDelay === undefined
        ? undefined
        : [
            { labels: { quantile: '0.5' }, value: loopDelay.p50Ms / 1000 },
            { labels: { quantile: '0.99' }, value: loopDelay.p99Ms / 1000 },
            { labels: { quantile: '1' }, value: loopDelay.maxMs / 1000 },
          ],
  },
  counter('xir_loop_stalls_total', 'Times the watchdog found the event loop blocked.', ({ watchdog }) => watchdog?.stalls),
  counter('xir_loop_stalled_seconds_total', 'Time for which the event loop was blocked.', ({ watchdog }) => seconds(watchdog?.stalledMs)),
  {
    name: 'xir_requests_total',
    help: 'REST requests answered, by service, method and outcome.',
    type: 'counter',
    labelNames: ['service', 'method', 'outcome'],
    read: ({ requests }) => requests,
  },
  gauge('xir_requests_in_flight', 'REST requests being answered.', ({ requestsInFlight }) => requestsInFlight),
  gauge('xir_watches', 'Watches that are open.', ({ watches }) => watches),
  gauge('xir_tcp_connections', 'Connections of the Redis protocol.', ({ tcp }) => tcp?.connections),
  counter('xir_tcp_connections_total', 'Connections of the Redis protocol that were accepted.', ({ tcp }) => tcp?.connectionsTotal),
  {
    name: 'xir_tcp_connections_cut_total',
    help: 'Connections of the Redis protocol that were refused or cut, by reason: too many, a slow reader, input that is no request.',
    type: 'counter',
    labelNames: ['reason'],
    read: ({ tcp }) =>
      tcp === undefined
        ? undefined
        : [
            { labels: { reason: 'too-many' }, value: tcp.connectionsRefused },
            { labels: { reason: 'slow-reader' }, value: tcp.slowReadersCut },
            { labels: { reason: 'bad-input' }, value: tcp.brokenInputsCut },
          ],
  },
  counter('xir_tcp_logins_failed_total', 'Logins over the Redis protocol that failed.', ({ tcp }) => tcp?.loginsFailed),
  {
    name: 'xir_tcp_commands_total',
    help: 'Commands of the Redis protocol answered, by command and outcome.',
    type: 'counter',
    labelNames: ['command', 'outcome'],
    read: ({ tcp }) => tcp?.commands,
  },
  gauge('xir_tcp_tracked_names', 'Names that are followed for client-side caches.', ({ tcp }) => tcp?.trackedNames),
  counter('xir_tcp_invalidations_total', 'Invalidations sent to client-side caches.', ({ tcp }) => tcp?.invalidations),
  gauge('xir_tcp_subscriptions', 'Subscriptions to channels and patterns.', ({ tcp }) => tcp?.subscriptions),
  counter('xir_tcp_messages_total', 'Messages sent to subscribers.', ({ tcp }) => tcp?.messages),
  gauge('xir_tcp_buffered_input_bytes', 'Bytes of requests that are being received.', ({ tcp }) => tcp?.bufferedInputBytes),
  gauge('xir_websocket_connections', 'Connections of the WebSocket data API.', ({ webSocket }) => webSocket?.connections),
  counter('xir_websocket_connections_total', 'Connections of the WebSocket data API that were accepted.', ({ webSocket }) => webSocket?.connectionsTotal),
  {
    name: 'xir_websocket_connections_cut_total',
    help: 'Connections of the WebSocket data API that were refused or cut, by reason: too many, a slow reader, frames that are none, no sign of life.',
    type: 'counter',
    labelNames: ['reason'],
    read: ({ webSocket }) =>
      webSocket === undefined
        ? undefined
        : [
            { labels: { reason: 'too-many' }, value: webSocket.connectionsRefused },
            { labels: { reason: 'slow-reader' }, value: webSocket.slowReadersCut },
            { labels: { reason: 'bad-input' }, value: webSocket.badInputsCut },
            { labels: { reason: 'silent' }, value: webSocket.silentCut },
          ],
  },
  counter('xir_websocket_logins_failed_total', 'Logins over a WebSocket that failed.', ({ webSocket }) => webSocket?.loginsFailed),
  {
    name: 'xir_websocket_requests_total',
    help: 'Requests over a WebSocket answered, those of batches too, by operation and outcome.',
    type: 'counter',
    labelNames: ['operation', 'outcome'],
    read: ({ webSocket }) => webSocket?.requests,
  },
  gauge('xir_websocket_requests_in_flight', 'Requests over a WebSocket being answered.', ({ webSocket }) => webSocket?.requestsInFlight),
  gauge('xir_websocket_watches', 'Watches over a WebSocket that are open.', ({ webSocket }) => webSocket?.watches),
  counter('xir_websocket_events_total', 'Events of watches sent over a WebSocket.', ({ webSocket }) => webSocket?.events),
  gauge('xir_websocket_buffered_input_bytes', 'Bytes of messages over a WebSocket that are being received.', ({ webSocket }) => webSocket?.bufferedInputBytes),
  ...CHANNEL_METRICS,
  ...MEMBERSHIP_METRICS,
];
