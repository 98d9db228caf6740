import type { KeyAddress, Kv4Record } from '@xir/kv4-core';

import type { Call } from './command.ts';
import { RespError } from './errors.ts';
import { updateKey, type KeyChange } from './key-access.ts';
import { addIntegers, parseInteger } from './numbers.ts';
import { bytesOfRecord, valueOfBytes } from './stored-value.ts';
import { addressText } from './transaction.ts';

/** Additions that one write carries at most. */
export const MAX_FOLDED_ADDITIONS = 1_000;

/** What is added to a key, and the error where the key holds no number. */
export interface Addition {
  readonly by: number | bigint;
  readonly wrong: () => RespError;
}

/** One caller's addition, and what came of it in the last attempt. */
interface Slot extends Addition {
  result: number | bigint | RespError;
}

/** Additions that leave in one write. */
interface Batch {
  readonly slots: Slot[];
  readonly written: Promise<unknown>;
}

/**
 * Adds to the numbers that keys hold, exactly, whoever else adds. What is asked in the name of one author while a write to the same key is under way leaves in one
 * compare-and-set behind it: each caller gets the sum that its own addition made, in the order in which they came.
 */
export class FoldedAdditions {
  readonly #open = new Map<string, Batch>();

  /** Keys that additions wait for. */
  get size(): number {
    return this.#open.size;
  }

  /** Resolves to the sum once it is written. Rejects as {@link updateKey} does, and with `RESP_NOT_A_NUMBER`. */
  async add(call: Call, address: KeyAddress, addition: Addition): Promise<number | bigint> {
    const slot: Slot = { ...addition, result: 0 };
    await this.#join(call, address, slot);
    if (slot.result instanceof RespError) throw slot.result;
    return slot.result;
  }

  #join(call: Call, address: KeyAddress, slot: Slot): Promise<unknown> {
    // A write of a transaction may have a condition of its own, and who wants no word of his own writes has to be known as their writer.
    if (call.guard !== undefined || call.client.tracking?.settings.noLoop === true) return updateKey(call, address, (record) => addAll([slot], record));
    const id = `${call.client.login.author.length} ${call.client.login.author}${addressText(address)}`;
    const open = this.#open.get(id);
    if (open !== undefined && open.slots.length < MAX_FOLDED_ADDITIONS) {
      open.slots.push(slot);
      return open.written;
    }
    const slots = [slot];
    const leave = () => {
      if (this.#open.get(id)?.slots === slots) this.#open.delete(id);
    };
    const written = updateKey(call, address, (record) => {
      // Who comes from now on is not in this write.
      leave();
      return addAll(slots, record);
    }).finally(leave);
    this.#open.set(id, { slots, written });
    return written;
  }
}

/** What becomes of a key by all the additions, one after the other; one that cannot be made leaves out only itself. */
function addAll(slots: readonly Slot[], record: Kv4Record | undefined): KeyChange {
  let sum = record === undefined ? 0 : parseInteger(bytesOfRecord(record));
  let changed = false;
  for (const slot of slots) {
    const after: number | bigint | undefined = sum === undefined ? undefined : addIntegers(sum, slot.by);
    if (after === undefined) {
      slot.result = sum === undefined ? slot.wrong() : new RespError('RESP_NOT_A_NUMBER', 'increment or decrement would overflow');
      continue;
    }
    slot.result = sum = after;
    changed = true;
  }
  return changed ? { value: valueOfBytes(String(sum)), expiresAtMs: record?.expiresAtMs } : 'keep';
}
