import { createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** Rounds of PBKDF2 for new hashes. CouchDB 3.4's default. */
export const DEFAULT_PASSWORD_ITERATIONS = 600_000;

const HASHED = /^-pbkdf2(:sha256)?-([0-9a-f]{40,64}),([^,]{1,128}),([0-9]{1,8})$/;
/** More would let one login occupy the machine. */
const MAX_ITERATIONS = 10_000_000;

/** Hashes a password for {@link EmbeddedCouchOptions.admins}: `-pbkdf2:sha256-<derived key>,<salt>,<iterations>`. */
export async function hashPassword(password: string, iterations = DEFAULT_PASSWORD_ITERATIONS): Promise<string> {
  const salt = randomBytes(16).toString('hex');
  const key = await derive(password, salt, iterations, 32, 'sha256');
  return `-pbkdf2:sha256-${key.toString('hex')},${salt},${iterations}`;
}

/** Checks a password against a hash of {@link hashPassword}, or of CouchDB's older `-pbkdf2-…` form; anything else is a plain password. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = HASHED.exec(stored);
  if (match === null) return equalTexts(password, stored);
  const [, sha256, expected, salt, iterations] = match as unknown as [string, string | undefined, string, string, string];
  if (Number(iterations) < 1 || Number(iterations) > MAX_ITERATIONS) return false;
  const expectedKey = Buffer.from(expected, 'hex');
  const key = await derive(password, salt, Number(iterations), expectedKey.length, sha256 === undefined ? 'sha1' : 'sha256');
  return timingSafeEqual(key, expectedKey);
}

const compareKey = randomBytes(32);

/** Compares in a time that tells nothing of either text. */
export function equalTexts(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHmac('sha256', compareKey).update(text).digest();
}
