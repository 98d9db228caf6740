import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

import { normalisePath, type JsonObject, type JsonValue, type KeyAddress } from '@xir/kv4-core';

import { checkWebhook } from './check-webhook.ts';
import type { Webhook, WebhookEventType } from './options.ts';

/** The layer of `$sys` that holds webhooks; it keeps no history. */
export const WEBHOOK_LAYER = '*webhooks';
/** Most webhooks that are stored. */
export const MAX_STORED_WEBHOOKS = 100;

/** A webhook as an operator gives it for a path: the path and what is beneath it. */
export type StoredWebhookFields = Omit<Webhook, 'path'>;

/** What is shown of a stored webhook: of its URL the origin, and no secret. */
export interface ShownWebhook {
  readonly url: string;
  readonly events: readonly string[];
  readonly bucket?: string;
}

const FORMAT = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Where a webhook is stored. */
export function webhookAddress(path: string, name: string): KeyAddress {
  return { bucket: '$sys', layer: WEBHOOK_LAYER, path: normalisePath(path), key: name };
}

/** The value that is stored: URL and secret can be read with the system secret only. Throws `TypeError` for what cannot be a webhook. */
export function encodeWebhook({ url, secret, events, bucket }: StoredWebhookFields, systemSecret: string): JsonObject {
  checkWebhook({ url, secret, events, path: '/**' });
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(systemSecret), iv);
  const sealed = Buffer.concat([iv, cipher.update(JSON.stringify({ url, secret }), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { url: new URL(url).origin, events: [...events], ...(bucket === undefined ? {} : { bucket }), sealed: `${FORMAT}.${sealed.toString('base64url')}` };
}

/** The webhook of a stored value; `undefined` where it is none, or was stored with another system secret. */
export function decodeWebhook(path: string, value: JsonValue, systemSecret: string): Webhook | undefined {
  if (!isObject(value) || typeof value['sealed'] !== 'string' || !Array.isArray(value['events'])) return undefined;
  const { bucket, events } = value;
  try {
    const { url, secret } = JSON.parse(opened(value['sealed'], systemSecret)) as Pick<Webhook, 'url' | 'secret'>;
    const hook: Webhook = { url, secret, path: path === '/' ? '/**' : `${path}/**`, events: events as unknown as readonly WebhookEventType[], ...(typeof bucket === 'string' ? { bucket } : {}) };
    checkWebhook(hook);
    return hook;
  } catch {
    // A text that cannot be opened or read: there is no more to say without telling what it holds.
    return undefined;
  }
}

/** What may be told of a stored value; `undefined` where it is no webhook. */
export function shownWebhook(value: JsonValue): ShownWebhook | undefined {
  if (!isObject(value) || typeof value['url'] !== 'string' || !Array.isArray(value['events'])) return undefined;
  const { url, events, bucket } = value;
  return { url, events: events.map(String), ...(typeof bucket === 'string' ? { bucket } : {}) };
}

function opened(text: string, systemSecret: string): string {
  const [format, encoded = ''] = text.split('.');
  if (format !== FORMAT) throw new TypeError('unknown format');
  const bytes = Buffer.from(encoded, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', keyOf(systemSecret), bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
}

function keyOf(systemSecret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', systemSecret, 'xir', 'webhooks v1', 32));
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
