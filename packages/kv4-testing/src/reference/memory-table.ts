import {
  compareIds,
  INITIAL_HYBRID_CLOCK,
  inRange,
  Kv4Error,
  nextVersion,
  recordFromText,
  retainVersions,
  retentionOf,
  versionTimeMs,
  type HybridClock,
  type IdRange,
  type JsonValue,
  type KeyAddress,
  type Kv4Record,
  type Kv4Version,
  type LayerRetention,
  type SecondaryKeys,
  type WriteCondition,
} from '@xir/kv4-core';

/** One version as the table keeps it; a deletion has no text. */
type TableVersion = readonly [version: string, author: string, valueText: string] | readonly [version: string, author: string];

/** A key that was ever written. */
export interface TableEntry {
  readonly id: string;
  readonly address: KeyAddress;
  /** Newest first; never empty. */
  readonly versions: readonly TableVersion[];
  readonly secondary: SecondaryKeys;
  readonly expiresAtMs?: number | undefined;
}

/** What the table does with a key. */
export interface TableWrite {
  readonly id: string;
  readonly address: KeyAddress;
  readonly condition: WriteCondition;
  readonly author: string;
  /** The new value's JSON text, made from the record that stands; absent: the key is deleted. */
  readonly valueText?: (current: Kv4Record | undefined) => string;
  readonly secondary?: SecondaryKeys | undefined;
  readonly expiresInMs?: number | undefined;
}

/** What a write changed. */
export interface TableChange {
  readonly id: string;
  readonly address: KeyAddress;
  readonly version: string;
  readonly record: Kv4Record | undefined;
  readonly previous: Kv4Record | undefined;
}

/** Settings of a table. */
export interface TableOptions {
  readonly now: () => number;
  readonly neuron: string;
  readonly retention: LayerRetention;
  /** Called when a key is found to have expired, with the deletion that this amounts to. */
  readonly onExpired: (change: TableChange) => void;
}

/** Author of the deletion that stands in a history where a key expired. */
const EXPIRY_AUTHOR = '$expiry';
const EXPIRY_NEURON = 'expiry';

/** Keys and all their versions in plain memory: the part of the reference that decides. Ids are those of heads. */
export class MemoryTable {
  readonly #entries = new Map<string, TableEntry>();
  readonly #options: TableOptions;
  #clock: HybridClock = INITIAL_HYBRID_CLOCK;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** The current record of a key: neither deleted nor expired. */
  record(id: string): Kv4Record | undefined {
    const entry = this.#settled(id);
    return entry && this.#recordOf(entry);
  }

  /** All versions of a key, newest first. */
  versions(id: string): Kv4Version[] {
    const entry = this.#settled(id);
    return entry === undefined ? [] : entry.versions.map((version) => versionOf(entry.address, version));
  }

  /** The ids in a range, in order, of keys that are there now; with `everything`, of all keys that ever were. */
  ids(range: IdRange, everything = false): string[] {
    const ids = [...this.#entries.keys()].filter((id) => inRange(id, range));
    return ids.filter((id) => everything || this.record(id) !== undefined).sort(compareIds);
  }

  /** The address of a key that was ever written. */
  addressOf(id: string): KeyAddress | undefined {
    return this.#entries.get(id)?.address;
  }

  /** Writes or deletes a key; `undefined` when there was nothing to delete. Throws the `Kv4Error` that the condition calls for. */
  write(write: TableWrite): TableChange | undefined {
    const { id, address, valueText } = write;
    const previous = this.record(id);
    checkCondition(write.condition, previous);
    if (valueText === undefined && previous === undefined) return undefined;
    const text = valueText?.(previous);
    const entry = this.#entries.get(id);
    const nowMs = this.#options.now();
    const { state, version } = nextVersion(this.#clock, nowMs, this.#options.neuron, entry?.versions[0]?.[0]);
    this.#clock = state;
    const newest: TableVersion = text === undefined ? [version, write.author] : [version, write.author, text];
    const versions = retainVersions([newest, ...(entry?.versions ?? [])], retentionOf(address.layer, this.#options.retention), nowMs);
    const expiresAtMs = write.expiresInMs === undefined ? undefined : nowMs + write.expiresInMs;
    const stored: TableEntry = { id, address, versions, secondary: text === undefined ? {} : (write.secondary ?? previous?.secondary ?? {}), expiresAtMs };
    if (text === undefined && versions.length === 1) this.#entries.delete(id);
    else this.#entries.set(id, stored);
    return { id, address, version, previous, record: this.#recordOf(stored) };
  }

  /** A key as it stands now: one past its expiry has become a deletion, dated at the expiry. */
  #settled(id: string): TableEntry | undefined {
    const entry = this.#entries.get(id);
    if (entry?.expiresAtMs === undefined || entry.expiresAtMs > this.#options.now()) return entry;
    const previous = this.#recordOf(entry);
    const { version } = nextVersion(INITIAL_HYBRID_CLOCK, entry.expiresAtMs, EXPIRY_NEURON, entry.versions[0]?.[0]);
    const settled: TableEntry = { ...entry, versions: [[version, EXPIRY_AUTHOR], ...entry.versions], secondary: {}, expiresAtMs: undefined };
    this.#entries.set(id, settled);
    this.#options.onExpired({ id, address: entry.address, version, previous, record: undefined });
    return settled;
  }

  #recordOf(entry: TableEntry): Kv4Record | undefined {
    const [version, author, text] = entry.versions[0] as TableVersion;
    if (text === undefined) return undefined;
    return recordFromText(entry.address, text, { version, author, secondary: entry.secondary, expiresAtMs: entry.expiresAtMs });
  }
}

function versionOf(address: KeyAddress, [version, author, text]: TableVersion): Kv4Version {
  const value = text === undefined ? null : (JSON.parse(text) as JsonValue);
  return { address, version, timeMs: versionTimeMs(version), author, deleted: text === undefined, value };
}

function checkCondition(condition: WriteCondition, current: Kv4Record | undefined): void {
  const standing = current === undefined ? {} : { currentVersion: current.version };
  switch (condition.type) {
    case 'any':
      return;
    case 'absent':
      if (current !== undefined) throw new Kv4Error('KV4_ALREADY_EXISTS', 'the key exists', standing);
      return;
    case 'present':
      if (current === undefined) throw new Kv4Error('KV4_NOT_FOUND', 'there is no such key');
      return;
    case 'version':
      if (condition.version !== current?.version) throw new Kv4Error('KV4_VERSION_CONFLICT', 'the key has another version', standing);
      return;
    case 'locked':
      if (current === undefined || condition.version === current.version) return;
      if (condition.version === undefined) throw new Kv4Error('KV4_VERSION_MISSING', 'the key exists; its version must be given', standing);
      throw new Kv4Error('KV4_VERSION_CONFLICT', 'the key has another version', standing);
  }
}
