import { Kv4Error, type JsonValue, type KeyAddress, type Kv4Record, type PutOptions, type WriteCondition } from '@xir/kv4-core';

/** The two requests that {@link putAs} is made of. */
export interface WritePort<Written> {
  /** Reads what the database holds now. */
  readonly read: () => Promise<Kv4Record | undefined>;
  /** Writes under a condition that the REST API can carry for any value. */
  readonly write: (condition: WriteCondition) => Promise<Written>;
}

/** Times that a forced write of a scalar is tried when the key changes in between. */
export const FORCED_WRITE_ATTEMPTS = 64;

const OVERTAKEN: ReadonlySet<unknown> = new Set(['KV4_VERSION_CONFLICT', 'KV4_ALREADY_EXISTS']);

/**
 * Whether the REST API can carry a condition as it is. v3's versions (`_splat_`, or the lock) stand inside the value, where only an object has room; a
 * merge takes no lock at all.
 */
export function isCarried(condition: WriteCondition, value: JsonValue, options: Pick<PutOptions, 'merge'>): boolean {
  const roomy = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (condition.type === 'any') return roomy || options.merge === true;
  if (condition.type === 'locked') return options.merge !== true && (roomy || condition.version === undefined);
  return true;
}

/** Carries out a condition that {@link isCarried} denies, by reading and comparing: whatever is decided is decided by the database. */
export async function putAs<Written>(condition: WriteCondition, address: KeyAddress, port: WritePort<Written>): Promise<Written> {
  for (let attempt = 1; ; attempt += 1) {
    const record = await port.read();
    const refusal = condition.type === 'locked' && record !== undefined ? lockProblem(condition.version, record, address) : undefined;
    if (refusal !== undefined) throw refusal;
    try {
      return await port.write(record === undefined ? { type: 'absent' } : { type: 'version', version: record.version });
    } catch (error) {
      if (!(error instanceof Kv4Error) || !OVERTAKEN.has(error.code) || attempt >= FORCED_WRITE_ATTEMPTS) throw error;
    }
  }
}

/** What `locked` says to a key that is there; `undefined`: go ahead. */
export function lockProblem(version: string | undefined, record: Kv4Record, { path, key }: KeyAddress): Kv4Error | undefined {
  if (version === record.version) return undefined;
  const details = { currentVersion: record.version };
  if (version === undefined) return new Kv4Error('KV4_VERSION_MISSING', `${path} ${JSON.stringify(key)} is there; its version is needed`, details);
  return new Kv4Error('KV4_VERSION_CONFLICT', `${path} ${JSON.stringify(key)} has another version`, details);
}
