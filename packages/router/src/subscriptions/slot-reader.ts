import { backoffDelayMs, type Clock, type Random } from '@xir/couch-client';
import type { JsonValue, KeyAddress, Kv4Record, Kv4Store, WatchEvent } from '@xir/kv4-core';

import { followScope } from '../follow-scope.ts';
import type { Directory } from './directory.ts';
import { slotAddress, SLOT_BUCKET, SLOT_LAYER, slotOfAddress } from './slot-address.ts';
import { decodeSlot, incarnationOf } from './slot-document.ts';

/** What a {@link SlotReader} works with. */
export interface SlotReaderParts {
  readonly store: Kv4Store;
  readonly neuron: string;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly random: Random;
  /** Told in which life and version a slot of this neuron was stored, the life an empty text where it is no slot; `undefined`: it is not stored. */
  readonly onOwnSlot: (slot: number, stored: { readonly incarnation: string; readonly version: string } | undefined) => void;
  readonly onError: (error: unknown) => void;
}

/** Keeps a directory as the stored slots are: one watch of one layer, whatever the number of neurons and channels. */
export class SlotReader {
  readonly #parts: SlotReaderParts;
  readonly #stop = new AbortController();
  /** Resolves when everything that was stored is in the directory. */
  readonly ready: Promise<void>;
  #becomeReady: () => void = () => undefined;
  #running: Promise<void>;
  #failures = 0;
  /** Slots that say nothing that can be understood. */
  malformed = 0;

  constructor(parts: SlotReaderParts) {
    this.#parts = parts;
    this.ready = new Promise((resolve) => (this.#becomeReady = resolve));
    this.#running = this.#follow();
  }

  /** Resolves when the directory knows everything that was stored when this was called, or, where that cannot be proved, anyway. */
  async refresh(): Promise<void> {
    const { store, neuron } = this.#parts;
    await store.get(slotAddress(neuron, 0), { fresh: true }).catch(() => undefined);
    // What was applied to the cache is handed to its watches in this turn of the event loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  #follow(): Promise<void> {
    const { directory, random } = this.#parts;
    return followScope(
      this.#parts,
      { type: 'layer', bucket: SLOT_BUCKET, layer: SLOT_LAYER },
      { signal: this.#stop.signal, onBegin: () => directory.beginTelling(), onEvent: (event) => this.#apply(event), pauseMs: () => backoffDelayMs(this.#failures++, random) },
    );
  }

  #apply(event: WatchEvent): void {
    const { directory } = this.#parts;
    switch (event.type) {
      case 'put': {
        return this.#put(event.record);
      }
      case 'delete':
        return this.#gone(event.address);
      case 'reset':
        return directory.beginTelling();
      case 'end-of-initial':
        this.#failures = 0;
        directory.endTelling();
        this.#becomeReady();
    }
  }

  #put({ address, valueText, version }: Kv4Record): void {
    const { directory, neuron, onOwnSlot } = this.#parts;
    const place = slotOfAddress(address);
    if (place === undefined) return;
    // What this neuron has written itself, it knows.
    if (place.neuron === neuron) return onOwnSlot(place.slot, { incarnation: incarnationOf(valueText) ?? decodeSlot(JSON.parse(valueText) as JsonValue)?.incarnation ?? '', version });
    // Not `record.value`: the cache would keep it for as long as the record.
    const value = decodeSlot(JSON.parse(valueText) as JsonValue);
    if (value === undefined) this.malformed += 1;
    directory.setSlot(place.neuron, place.slot, value);
  }

  #gone(address: KeyAddress): void {
    const { directory, neuron, onOwnSlot } = this.#parts;
    const place = slotOfAddress(address);
    if (place?.neuron === neuron) onOwnSlot(place.slot, undefined);
    else if (place !== undefined) directory.setSlot(place.neuron, place.slot, undefined);
  }
}
