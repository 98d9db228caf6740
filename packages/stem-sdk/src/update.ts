import { Kv4Error, type JsonValue, type KeyAddress, type Kv4Record, type Kv4Store, type PutOptions, type WriteCondition, type WriteResult } from '@xir/kv4-core';

/** How an update is carried out. */
export interface UpdateOptions extends Pick<PutOptions, 'secondary' | 'expiresInMs' | 'signal'> {
  /** Times that the value is computed and written; default {@link DEFAULT_UPDATE_ATTEMPTS}. */
  readonly attempts?: number;
}

/** Default of {@link UpdateOptions.attempts}. */
export const DEFAULT_UPDATE_ATTEMPTS = 16;

/** Computes the new value; may be called several times. `undefined`: leave the key alone. */
export type Change = (value: JsonValue | undefined, record: Kv4Record | undefined) => JsonValue | undefined | Promise<JsonValue | undefined>;

/** One update. */
export interface UpdateJob {
  readonly address: KeyAddress;
  readonly change: Change;
  readonly options: UpdateOptions;
  /** Waits some part of so many milliseconds. */
  readonly pause: (delayMs: number) => Promise<void>;
}

const CONFLICTS: ReadonlySet<unknown> = new Set(['KV4_VERSION_CONFLICT', 'KV4_ALREADY_EXISTS']);
const MAX_PAUSE_MS = 1000;

/** Read, compute, compare-and-set, until it holds. Works with any store. Throws the last conflict when attempts run out. */
export async function updateWithRetry(store: Pick<Kv4Store, 'get' | 'put'>, { address, change, options, pause }: UpdateJob): Promise<WriteResult | undefined> {
  const { attempts = DEFAULT_UPDATE_ATTEMPTS, ...putOptions } = options;
  if (!Number.isInteger(attempts) || attempts < 1) throw new Kv4Error('KV4_BAD_OPTION', 'attempts must be a whole number from 1');
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  for (let attempt = 1; ; attempt += 1) {
    // What the cache has will do the first time; after a conflict it must be newer than that.
    const record = await store.get(address, attempt === 1 ? signal : { ...signal, fresh: true });
    const value = await change(record?.value, record);
    if (value === undefined) return undefined;
    const condition: WriteCondition = record === undefined ? { type: 'absent' } : { type: 'version', version: record.version };
    try {
      return await store.put(address, value, { ...putOptions, condition });
    } catch (error) {
      if (!(error instanceof Kv4Error) || !CONFLICTS.has(error.code) || attempt >= attempts) throw error;
    }
    await pause(Math.min(MAX_PAUSE_MS, 2 ** attempt));
  }
}
