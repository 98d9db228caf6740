export { checkWebhook, MIN_SECRET_CHARACTERS } from './check-webhook.ts';
export {
  DEFAULT_MAX_BATCH_EVENTS,
  DEFAULT_MAX_QUEUED_CHARACTERS,
  DEFAULT_MAX_QUEUED_EVENTS,
  DEFAULT_WEBHOOK_DRAIN_MS,
  DEFAULT_WEBHOOK_MAX_AGE_MS,
  DEFAULT_WEBHOOK_TIMEOUT_MS,
  WEBHOOK_EVENTS,
  type Webhook,
  type WebhookEventType,
  type WebhookFailure,
  type WebhookLimits,
  type WebhookRequest,
  type WebhooksOptions,
} from './options.ts';
export { DEFAULT_MAX_AGE_SECONDS, SIGNATURE_HEADER, signBody, TIMESTAMP_HEADER, verifyWebhook, type ReceivedWebhook } from './signature.ts';
export { decodeWebhook, encodeWebhook, MAX_STORED_WEBHOOKS, shownWebhook, WEBHOOK_LAYER, webhookAddress, type ShownWebhook, type StoredWebhookFields } from './stored-webhook.ts';
export { WEBHOOK_WATCH_PAUSE_MS, WebhookFollower, type WebhookFollowerOptions } from './webhook-follower.ts';
export { startWebhooks, type WebhookMetrics, type Webhooks } from './webhooks.ts';
