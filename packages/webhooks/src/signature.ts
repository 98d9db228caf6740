import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header with the time of sending, unix seconds. */
export const TIMESTAMP_HEADER = 'x-xir-timestamp';
/** The header with the signature: `v1=` and the HMAC-SHA256 of timestamp, a dot and the body, in hexadecimal digits. */
export const SIGNATURE_HEADER = 'x-xir-signature';
/** Default of the age up to which a request is believed, in seconds. */
export const DEFAULT_MAX_AGE_SECONDS = 300;

/** The signature of a body that is sent at a time. */
export function signBody(secret: string, timestampSeconds: number, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestampSeconds}.${body}`).digest('hex')}`;
}

/** What a receiver of webhooks knows of a request. */
export interface ReceivedWebhook {
  /** The body, byte for byte. */
  readonly body: string;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/** Whether a request was sent by who knows the secret, lately. Takes as long for a wrong signature as for a right one. */
export function verifyWebhook(secret: string, { body, timestamp = '', signature = '' }: ReceivedWebhook, nowMs: number, maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS): boolean {
  const seconds = Number(timestamp);
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs / 1000 - seconds) > maxAgeSeconds) return false;
  const expected = Buffer.from(signBody(secret, seconds, body));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}
