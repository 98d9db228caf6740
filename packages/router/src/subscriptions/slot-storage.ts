import { Kv4Error, type Kv4ErrorCode, type Kv4Store, type WriteCondition } from '@xir/kv4-core';

import { slotAddress } from './slot-address.ts';
import { decodeSlot, encodeSlot } from './slot-document.ts';
import type { SlotWrite } from './slot-plan.ts';

/** Versions of a slot that are remembered: rows of earlier ones come late, and say nothing. */
const MAX_ACKNOWLEDGED = 8;
/** Codes that say that something else is stored than was known. */
const CONFLICTS: ReadonlySet<Kv4ErrorCode> = new Set<Kv4ErrorCode>(['KV4_VERSION_CONFLICT', 'KV4_ALREADY_EXISTS', 'KV4_NOT_FOUND']);

/** What a {@link SlotStorage} works with. */
export interface SlotStorageParts {
  readonly store: Kv4Store;
  readonly neuron: string;
  /** The versions of the slots that are stored of this neuron, by number. */
  readonly stored: ReadonlyMap<number, string>;
  readonly onError: (error: unknown) => void;
}

/**
 * What became of a slot's write: `stored` (or there was nothing to do); `again`, where something is stored that has to be deleted now that its version is known; `failed`, and to be tried
 * again later; `superseded` by a later life of this neuron; `closed`: there is no store any more.
 */
export type SlotOutcome = 'stored' | 'again' | 'failed' | 'superseded' | 'closed';

/** Which versions of a neuron's slots are stored, as far as is known, and how the next ones are put in their places. One write of a slot at a time. */
export class SlotStorage {
  readonly #parts: SlotStorageParts;
  readonly #versions: Map<number, string>;
  /** Slots that are stored, or may be: in which version, is not known. */
  readonly #unknown = new Set<number>();
  /** The versions in which slots were stored last, newest first. */
  readonly #acknowledged = new Map<number, readonly string[]>();
  /** Slots that were written or deleted. */
  writes = 0;

  constructor(parts: SlotStorageParts) {
    this.#parts = parts;
    this.#versions = new Map(parts.stored);
  }

  /** A slot is stored, and not as this neuron knows of it. */
  doubt(slot: number): void {
    this.#unknown.add(slot);
  }

  /**
   * Whether a version of an own slot may be one that was stored without this neuron being told: a write that was long on its way. Its version can be below that of a later write, and it can
   * be stored while a deletion is acknowledged.
   */
  isLeftOver(slot: number, version: string): boolean {
    return this.#acknowledged.get(slot)?.includes(version) !== true;
  }

  /** Writes or deletes a slot in the name of a life of this neuron. Never rejects: errors are reported. */
  async write({ slot, value }: SlotWrite, incarnation: string): Promise<SlotOutcome> {
    const { store, neuron, onError } = this.#parts;
    const address = slotAddress(neuron, slot);
    const known = this.#versions.get(slot);
    const condition: WriteCondition = known === undefined ? { type: 'absent' } : { type: 'version', version: known };
    try {
      if (value !== undefined) {
        const { version } = await store.put(address, encodeSlot(value), { condition });
        this.#versions.set(slot, version);
        this.#acknowledged.set(slot, [version, ...(this.#acknowledged.get(slot) ?? [])].slice(0, MAX_ACKNOWLEDGED));
        this.#unknown.delete(slot);
      } else if (known !== undefined) {
        // What is doubted from now on can be what was stored behind the deletion.
        this.#unknown.delete(slot);
        await store.delete(address, { condition });
        this.#versions.delete(slot);
      } else return this.#unknown.has(slot) ? await this.#find(slot, incarnation) : 'stored';
      this.writes += 1;
      return 'stored';
    } catch (error) {
      const code = error instanceof Kv4Error ? error.code : undefined;
      if (code === 'KV4_CLOSED') return 'closed';
      if (code === undefined || !CONFLICTS.has(code)) onError(error);
      this.#unknown.add(slot);
      return await this.#learn(slot, incarnation).catch((cause: unknown) => {
        onError(cause);
        return 'failed';
      });
    }
  }

  /** Nobody is in the slot, and it is stored, perhaps. */
  async #find(slot: number, incarnation: string): Promise<SlotOutcome> {
    const outcome = await this.#learn(slot, incarnation);
    if (outcome === 'superseded') return outcome;
    if (this.#versions.has(slot)) return 'again';
    this.#unknown.delete(slot);
    return 'stored';
  }

  /** Finds out what is stored instead: another life's, if it is a later one, ends this one. */
  async #learn(slot: number, incarnation: string): Promise<SlotOutcome> {
    const { store, neuron } = this.#parts;
    const record = await store.get(slotAddress(neuron, slot), { fresh: true });
    if (record === undefined) {
      this.#versions.delete(slot);
      return 'failed';
    }
    this.#versions.set(slot, record.version);
    const found = decodeSlot(record.value)?.incarnation;
    return found !== undefined && found > incarnation ? 'superseded' : 'failed';
  }
}
