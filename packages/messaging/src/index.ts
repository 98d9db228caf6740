export { MESSAGING_ERROR_CODES, MESSAGING_ERROR_STRINGS, type MessagingErrorCode } from './errors.ts';
export { DEFAULT_HELD_SECONDS, HELD_DEVICE } from './held-service.ts';
export { createMessaging, type Messaging, type MessagingMetrics } from './messaging.ts';
export {
  DEFAULT_MAX_BATCH_MESSAGES,
  DEFAULT_MAX_POLL_WAIT_MS,
  DEFAULT_MAX_PUBLISHERS,
  DEFAULT_MAX_QUEUED_BYTES,
  DEFAULT_MAX_SESSIONS,
  DEFAULT_POLL_LEASE_MS,
  MAX_HELD_SECONDS,
  type MessagingLimits,
  type MessagingOptions,
} from './options.ts';
export { meterRouter, PACKET_MEASURE, SUBSCRIPTION_MEASURE, type RouterMeterParts } from './router-meter.ts';
export { DEFAULT_EVENT } from './publish-request.ts';
