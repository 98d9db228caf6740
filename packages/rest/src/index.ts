export { createRestHandler, type RestHandler } from './rest-handler.ts';
export {
  createRestServer,
  DEFAULT_DRAIN_MS,
  DEFAULT_HEADERS_TIMEOUT_MS,
  DEFAULT_KEEP_ALIVE_TIMEOUT_MS,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_HEADER_BYTES,
  DEFAULT_REQUEST_TIMEOUT_MS,
  type RestServer,
  type RestServerOptions,
} from './rest-server.ts';
export {
  DEFAULT_ANSWER_TIMEOUT_MS,
  DEFAULT_COMPRESSION_MIN_BYTES,
  DEFAULT_MAX_BODY_BYTES,
  DEFAULT_MAX_BUFFERED_BODY_BYTES,
  DEFAULT_MAX_CONCURRENT_REQUESTS,
  DEFAULT_MAX_STATS_ENTRIES,
  DEFAULT_MAX_URL_CHARACTERS,
  DEFAULT_MAX_WATCH_BUFFER_BYTES,
  DEFAULT_MAX_WATCHES,
  DEFAULT_STATS_INTERVAL_MS,
  DEFAULT_TOKEN_TTL_SECONDS,
  DEFAULT_TURN_TTL_SECONDS,
  DEFAULT_WATCH_HEARTBEAT_MS,
  MAX_TURN_TTL_SECONDS,
  type HostOptions,
  type SignalWish,
  type RestLimits,
  type RestOptions,
  type TurnOptions,
} from './options.ts';
export { describeError, REST_ERROR_CODES, REST_ERROR_STRINGS, RestError, ServiceError, type ErrorAnswer, type RestErrorCode } from './errors.ts';
export { bucketScope } from './bucket-scope.ts';
export { LATENCY_BUCKETS_MS, type RequestCounts, type RequestOutcome, type RestMetricsSnapshot } from './metrics.ts';
export type { RequestLogin } from './request-login.ts';
export type { Invocation } from './request-runner.ts';
export { remoteAddressOf } from './remote-address.ts';
export type {
  EventsAnswer,
  ListAnswer,
  Service,
  ServiceAnswer,
  ServiceContext,
  ServiceMethod,
  ServiceRequest,
  TextEvent,
  TextEventsAnswer,
  UnprovedRequest,
  ValueAnswer,
} from './service.ts';
export { StatsAccumulator, type StatsAccumulatorOptions } from './stats-accumulator.ts';
export type { MeasureAddress } from './stats-entry.ts';
export { subscriptionService } from './services/subscriptions.ts';
export { requireBody } from './write-parameters.ts';
export type { RequestReport } from './request-report.ts';
export { TokenSigner, verifyToken } from './token-signer.ts';
