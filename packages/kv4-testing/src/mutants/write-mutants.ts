import { headId, Kv4Error, recordFromValue, type JsonObject, type JsonValue, type KeyAddress, type Kv4Record, type PutOptions, type WriteCondition } from '@xir/kv4-core';
import { kv4Mutant, type Kv4StoreMutant } from './mutant.ts';

/** A mutant that weakens conditions of one type to `any`. */
function ignoring(type: WriteCondition['type'], name: string, caughtBy: string): Kv4StoreMutant {
  return kv4Mutant(name, caughtBy, (store) => ({
    put: (address, value, options = {}) => store.put(address, value, options.condition?.type === type ? { ...options, condition: { type: 'any' } } : options),
  }));
}

/** A mutant that changes what is written. */
function writing(name: string, caughtBy: string, change: (value: JsonValue, options: PutOptions) => readonly [JsonValue, PutOptions]): Kv4StoreMutant {
  return kv4Mutant(name, caughtBy, (store) => ({
    put: (address, value, options = {}) => {
      const [changed, changedOptions] = change(value, options);
      return store.put(address, changed, changedOptions);
    },
  }));
}

/** A mutant that confuses addresses. */
function misplacing(name: string, caughtBy: string, change: (address: KeyAddress) => KeyAddress): Kv4StoreMutant {
  return kv4Mutant(name, caughtBy, (store) => ({
    get: (address, options) => store.get(change(address), options),
    put: (address, value, options) => store.put(change(address), value, options),
    delete: (address, options) => store.delete(change(address), options),
  }));
}

function mapFields(value: JsonValue, change: (fields: JsonObject) => JsonObject): JsonValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? change(value) : value;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded: such a key is left as it is by this mutant.
    return text;
  }
}

/** Stores that read, write or keep values wrongly. */
export const writeMutants: readonly Kv4StoreMutant[] = [
  ignoring('version', 'compare-and-set ignores the version', 'version: a strange version is refused'),
  ignoring('absent', 'create overwrites', 'absent: refuses a key that is there'),
  ignoring('present', 'replace creates', 'present: refuses a key that is not there'),
  ignoring('locked', 'the lock is open', 'locked: without a version'),

  kv4Mutant('compare-and-set reads first and writes later', 'concurrent: of writers with the same version exactly one succeeds', (store) => ({
    put: async (address, value, options = {}) => {
      const { condition } = options;
      if (condition?.type !== 'version') return store.put(address, value, options);
      const current = await store.get(address);
      if (current?.version !== condition.version) return store.put(address, value, options);
      return store.put(address, value, { ...options, condition: { type: 'any' } });
    },
  })),

  kv4Mutant('a refusal does not name the version that stands', 'absent: refuses a key that is there', (store) => ({
    put: (address, value, options) =>
      store.put(address, value, options).catch((error: unknown) => {
        throw error instanceof Kv4Error ? new Kv4Error(error.code, error.message) : error;
      }),
  })),

  kv4Mutant('a merge reads first and writes later', 'concurrent: merges of different fields are all there', (store) => ({
    put: async (address, value, options = {}) => {
      if (options.merge !== true) return store.put(address, value, options);
      const current = await store.get(address);
      const merged = { ...(current?.value as JsonObject | undefined), ...(value as JsonObject) };
      return store.put(address, merged, { ...options, merge: false });
    },
  })),

  kv4Mutant('writes of one key at once share a version', 'concurrent: unconditional writes of one key get different versions', (store) => {
    const shared = new Map<string, ReturnType<typeof store.put>>();
    return {
      put: (address, value, options) => {
        const id = headId(address);
        const under = shared.get(id);
        if (under !== undefined && options === undefined) return under;
        const writing_ = store.put(address, value, options).finally(() => shared.delete(id));
        shared.set(id, writing_);
        return writing_;
      },
    };
  }),

  writing('a merge replaces', 'merge: the fields given are set, the others stay', (value, options) => [value, { ...options, merge: false }]),
  writing('a replacement merges', 'put: a second value replaces the first', (value, options) => [value, { ...options, merge: true }]),
  writing('null in a merge removes the field', 'merge: null sets a field to null', (value, options) => [
    options.merge === true ? mapFields(value, (fields) => Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== null))) : value,
    options,
  ]),
  writing('an empty string is lost', 'value: an empty string in a field', (value, options) => [
    mapFields(value, (fields) => Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== ''))),
    options,
  ]),
  writing('an empty string becomes null', 'value: an empty string comes back', (value, options) => [value === '' ? null : value, options]),
  writing('an empty array becomes an object', 'value: an empty array comes back', (value, options) => [Array.isArray(value) && value.length === 0 ? {} : value, options]),
  writing('a field named __proto__ is lost', 'value: a field named __proto__', (value, options) => [
    mapFields(value, (fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => name !== '__proto__'))),
    options,
  ]),
  writing('a large value is cut', 'value: half a mebibyte comes back whole', (value, options) => [
    mapFields(value, (fields) => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, typeof field === 'string' ? field.slice(0, 100_000) : field]))),
    options,
  ]),
  writing('the author is forgotten', 'put: the author named is kept', (value, { author: _, ...options }) => [value, options]),
  writing('expiry is taken in seconds', 'expiry: the time is stated in milliseconds', (value, options) => [
    value,
    options.expiresInMs === undefined ? options : { ...options, expiresInMs: options.expiresInMs * 1000 },
  ]),
  writing('expiry comes early', 'expiry: the time is stated in milliseconds', (value, options) => [
    value,
    options.expiresInMs === undefined ? options : { ...options, expiresInMs: options.expiresInMs / 1000 },
  ]),
  writing('keys never expire', 'expiry: the key goes when its time has come', (value, { expiresInMs: _, ...options }) => [value, options]),
  writing('additional keys are dropped', 'secondary: a record is found by each', (value, { secondary: _, ...options }) => [value, options]),
  writing('additional keys go with every write', 'secondary: without additional keys given', (value, options) => [value, { secondary: {}, ...options }]),
  writing('lone surrogates become question marks', 'put: what JSON cannot carry is refused', (value, options) => [
    JSON.parse(JSON.stringify(value, (_, field: unknown) => (typeof field === 'string' ? Buffer.from(field).toString() : field)) ?? 'null') as JsonValue,
    options,
  ]),

  kv4Mutant('additional keys are not updated', 'secondary: changed additional keys are found', (store) => ({
    put: async (address, value, options = {}) => {
      const known = await store.get(address);
      const { secondary: _, ...rest } = options;
      return store.put(address, value, known === undefined ? options : rest);
    },
  })),

  kv4Mutant('the caller’s object is kept', 'put: the value is taken as it was at the call', (store) => {
    const kept = new Map<string, JsonValue>();
    return {
      put: (address, value, options) => {
        kept.set(headId(address), value);
        return store.put(address, value, options);
      },
      get: async (address, options): Promise<Kv4Record | undefined> => {
        const record = await store.get(address, options);
        return record && recordFromValue(record.address, kept.get(headId(record.address)) ?? record.value, record);
      },
    };
  }),

  kv4Mutant('the value is taken a moment after the call', 'put: the value is taken as it was at the call', (store) => ({
    put: async (address, value, options) => {
      await Promise.resolve();
      return store.put(address, value, options);
    },
  })),

  kv4Mutant('an absent key is remembered as absent', 'get: a key read as absent is there once it is written', (store) => {
    const absent = new Set<string>();
    return {
      get: async (address, options) => {
        const id = headId(address);
        const record = absent.has(id) ? undefined : await store.get(address, options);
        if (record === undefined) absent.add(id);
        return record;
      },
    };
  }),

  kv4Mutant('a cached value outlives a write', 'get: a writer reads its own writes', (store) => {
    const cache = new Map<string, Kv4Record>();
    return {
      get: async (address, options) => {
        const id = headId(address);
        const record = cache.get(id) ?? (await store.get(address, options));
        if (record !== undefined) cache.set(id, record);
        return record;
      },
    };
  }),

  kv4Mutant('time is told in seconds', 'put: a value written is read back', (store) => ({
    put: async (address, value, options) => {
      const result = await store.put(address, value, options);
      return { ...result, timeMs: Math.floor(result.timeMs / 1000) };
    },
  })),

  misplacing('keys are trimmed', 'names: odd keys keep apart', (address) => ({ ...address, key: address.key.trim() || address.key })),
  misplacing('keys are percent-decoded', 'names: odd keys keep apart', (address) => ({ ...address, key: decoded(address.key) || address.key })),
  misplacing('keys are in lower case', 'names: case and composition', (address) => ({ ...address, key: address.key.toLowerCase() })),
  misplacing('keys are composed', 'names: case and composition', (address) => ({ ...address, key: address.key.normalize('NFC') })),
  misplacing('buckets are one', 'buckets: do not leak', (address) => ({ ...address, bucket: 'b' })),
  misplacing('layers are one', 'layers: are separate', (address) => ({ ...address, layer: '*data' })),
  misplacing('paths are cut at two segments', 'put: the same key at a parent', (address) => ({ ...address, path: address.path.split('/').slice(0, 3).join('/') })),
];
