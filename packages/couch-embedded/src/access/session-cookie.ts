import { createHmac } from 'node:crypto';
import { equalTexts } from './password.ts';

/** How long a session cookie is good, in seconds. CouchDB's default. */
export const SESSION_TIMEOUT_SECONDS = 600;

/** A cookie's value: user, time of issue in hexadecimal seconds, HMAC-SHA-256 over both with a key that depends on the user's password. */
export function issueSession(name: string, nowSeconds: number, key: Buffer): string {
  const time = nowSeconds.toString(16).toUpperCase();
  const payload = `${name}:${time}`;
  return Buffer.from(`${payload}:${sign(payload, key)}`).toString('base64url');
}

/** Who a cookie was issued to and how old it is; undefined when it is forged, foreign or expired. */
export function readSession(value: string, nowSeconds: number, keyOf: (name: string) => Buffer | undefined): { name: string; ageSeconds: number } | undefined {
  if (value.length > 4096) return undefined;
  const match = /^([^]+):([0-9A-F]{1,12}):([0-9a-f]{64})$/.exec(Buffer.from(value, 'base64url').toString('utf8'));
  if (match === null) return undefined;
  const [, name, time, signature] = match as unknown as [string, string, string, string];
  const key = keyOf(name);
  if (key === undefined || !equalTexts(sign(`${name}:${time}`, key), signature)) return undefined;
  const ageSeconds = nowSeconds - Number.parseInt(time, 16);
  return ageSeconds >= 0 && ageSeconds < SESSION_TIMEOUT_SECONDS ? { name, ageSeconds } : undefined;
}

function sign(payload: string, key: Buffer): string {
  return createHmac('sha256', key).update(payload).digest('hex');
}
