import { createHash, randomBytes as systemRandomBytes, scrypt, timingSafeEqual } from 'node:crypto';

import { JobLimiter } from './job-limiter.ts';

/** Default of {@link SecretHasherOptions.costLog2}: N = 2^14, 16 MiB and some 50 ms per hash. */
export const DEFAULT_SCRYPT_COST_LOG2 = 14;
/** Default of {@link SecretHasherOptions.maxRunningHashes}. */
export const DEFAULT_MAX_RUNNING_HASHES = 2;
/** Default of {@link SecretHasherOptions.maxWaitingHashes}. */
export const DEFAULT_MAX_WAITING_HASHES = 256;

const BLOCK_SIZE = 8;
const PARALLELISM = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MAX_COST_LOG2 = 17;
const FORMAT = /^scrypt\$(\d{1,2})\$8\$1\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** How secrets are hashed. */
export interface SecretHasherOptions {
  /** Base-2 logarithm of scrypt's N, 4 to 17. Hashes made with another cost stay valid. */
  readonly costLog2?: number;
  /** Hashes computed at the same time; each keeps a thread of Node's pool busy. */
  readonly maxRunningHashes?: number;
  /** Hashes that may wait for their turn; more are refused with `ACCOUNTS_BUSY`. */
  readonly maxWaitingHashes?: number;
  readonly randomBytes?: (count: number) => Uint8Array;
}

/** Hashes secrets with scrypt (RFC 7914) and a salt of their own, and verifies them in constant time. */
export class SecretHasher {
  readonly #costLog2: number;
  readonly #randomBytes: (count: number) => Uint8Array;
  readonly #limiter: JobLimiter;
  readonly #decoy: string;

  constructor(options: SecretHasherOptions = {}) {
    this.#costLog2 = options.costLog2 ?? DEFAULT_SCRYPT_COST_LOG2;
    if (!Number.isInteger(this.#costLog2) || this.#costLog2 < 4 || this.#costLog2 > MAX_COST_LOG2) {
      throw new TypeError(`costLog2 must be a whole number from 4 to ${MAX_COST_LOG2}`);
    }
    this.#randomBytes = options.randomBytes ?? systemRandomBytes;
    this.#limiter = new JobLimiter(options.maxRunningHashes ?? DEFAULT_MAX_RUNNING_HASHES, options.maxWaitingHashes ?? DEFAULT_MAX_WAITING_HASHES);
    const zeros = (count: number) => Buffer.alloc(count).toString('base64url');
    this.#decoy = `scrypt$${this.#costLog2}$8$1$${zeros(SALT_BYTES)}$${zeros(HASH_BYTES)}`;
  }

  /** The text to store: `scrypt$<log2 N>$8$1$<salt>$<hash>`, base64url. */
  async hash(secret: string): Promise<string> {
    const salt = Buffer.from(this.#randomBytes(SALT_BYTES));
    const hash = await this.#limiter.run(() => derive(secret, salt, this.#costLog2));
    return `scrypt$${this.#costLog2}$8$1$${salt.toString('base64url')}$${hash.toString('base64url')}`;
  }

  /**
   * Whether a secret is the one that was hashed. Takes as long for a missing or malformed hash as for a real one, so that the time says
   * nothing about who exists.
   */
  async verify(secret: string, stored: unknown): Promise<boolean> {
    const given = typeof stored === 'string' ? FORMAT.exec(stored) : null;
    const usable = given !== null && Number(given[1]) <= MAX_COST_LOG2 ? given : null;
    const [, cost, salt, hash] = usable ?? FORMAT.exec(this.#decoy) ?? [];
    const derived = await this.#limiter.run(() => derive(secret, Buffer.from(salt ?? '', 'base64url'), Number(cost)));
    return timingSafeEqual(derived, Buffer.from(hash ?? '', 'base64url')) && usable !== null;
  }
}

/** Whether two texts are equal, in a time that says nothing about where they differ. */
export function equalSecrets(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function derive(secret: string, salt: Buffer, costLog2: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const cost = 2 ** costLog2;
    const options = { N: cost, r: BLOCK_SIZE, p: PARALLELISM, maxmem: 256 * cost * BLOCK_SIZE };
    scrypt(secret, salt, HASH_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
