export { OPERATIONS_ERROR_CODES, OperationsError, type OperationsErrorCode } from './errors.ts';
export {
  DEFAULT_STALL_WARNING_MS,
  decideHealth,
  healthStatusCode,
  type FeedEvidence,
  type FeedHealthInput,
  type HealthCheck,
  type HealthColour,
  type HealthInput,
  type HealthReport,
  type MembershipHealth,
  type NeuronHealth,
} from './health.ts';
export { createLogger, DEFAULT_LOG_LEVEL, LOG_LEVELS, silentLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
export { DEFAULT_LOOP_DELAY_RESOLUTION_MS, startLoopDelayMonitor, type LoopDelay, type LoopDelayMonitor } from './loop-delay.ts';
export {
  createMetrics,
  type LabelledValue,
  type MetricDefinition,
  type MetricReading,
  type Metrics,
  type MetricsOptions,
} from './metrics.ts';
export {
  NEURON_METRICS,
  type AuditSnapshot,
  type CacheSnapshot,
  type FeedSnapshot,
  type NeuronSnapshot,
  type TcpSnapshot,
  type WebSocketSnapshot,
  type WriteSnapshot,
} from './neuron-metrics.ts';
export { MAX_LOG_DEPTH, MAX_LOG_STRING_LENGTH, REDACTED, redactText, redactValue, SECRET_FIELD_NAMES } from './redact.ts';
export {
  DEFAULT_OPERATIONS_HOST,
  OPERATIONS_MAX_CONNECTIONS,
  OPERATIONS_REQUEST_TIMEOUT_MS,
  startOperationsServer,
  type OperationsDocument,
  type OperationsServer,
  type OperationsServerOptions,
  type Readiness,
} from './server.ts';
export {
  DEFAULT_STALL_ABORT_MS,
  DEFAULT_WATCHDOG_TICK_MS,
  DEFAULT_WATCHDOG_WARNING_MS,
  startWatchdog,
  type Watchdog,
  type WatchdogOptions,
  type WatchdogSnapshot,
} from './watchdog.ts';
export { WATCHDOG_EXIT_STATUS } from './watchdog-worker.ts';
export type { ChannelSnapshot, WebhookSnapshot } from './channel-metrics.ts';
export type { MembershipSnapshot } from './membership-metrics.ts';
