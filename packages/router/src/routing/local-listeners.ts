import { RouterError } from '../errors.ts';
import { placeId, type Place } from '../subscriptions/place.ts';
import { PlaceIndex } from '../subscriptions/place-index.ts';
import type { PlannedListener } from '../subscriptions/slot-plan.ts';
import type { Receiver } from './receiver.ts';

/** Who listens on this neuron. */
export interface ListenerReceiver extends Pick<Receiver, 'deliver'> {
  /** Messages may have been missed on channels that keep theirs. */
  missed?(): void;
  /** The router is closed; nothing comes any more. */
  end?(reason: 'closed'): void;
}

/** A listener on this neuron. */
export interface LocalListener {
  readonly place: Place;
  readonly receiver: ListenerReceiver;
}

/** What {@link LocalListeners} work with. */
export interface LocalListenerParts {
  /** The first listener comes to a place. */
  readonly onOpen: (place: Place) => PlannedListener;
  /** The last one is gone. */
  readonly onClose: (planned: PlannedListener) => void;
  readonly maxListeners: number;
}

/** Those who listen on this neuron, by place. The others are told of each place once, whoever listens there (SPEC, N3). */
export class LocalListeners {
  readonly #parts: LocalListenerParts;
  readonly #index = new PlaceIndex<LocalListener>();
  readonly #places = new Map<string, { readonly planned: PlannedListener; readonly listeners: Set<LocalListener> }>();
  #size = 0;

  constructor(parts: LocalListenerParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#size;
  }

  /** Throws {@link RouterError}. */
  add(listener: LocalListener): void {
    if (this.#size >= this.#parts.maxListeners) throw new RouterError('ROUTER_TOO_MANY_LISTENERS', `there are ${this.#size} listeners on this neuron, and may be no more`);
    const { place } = listener;
    const id = placeId(place);
    let known = this.#places.get(id);
    if (known === undefined) this.#places.set(id, (known = { planned: this.#parts.onOpen(place), listeners: new Set() }));
    known.listeners.add(listener);
    this.#index.add(place, listener);
    this.#size += 1;
  }

  /** Harmless when it is out already. */
  remove(listener: LocalListener): void {
    const id = placeId(listener.place);
    const known = this.#places.get(id);
    if (known?.listeners.delete(listener) !== true) return;
    this.#index.remove(listener.place, listener);
    this.#size -= 1;
    if (known.listeners.size > 0) return;
    this.#places.delete(id);
    this.#parts.onClose(known.planned);
  }

  /** Who hears what is sent to a channel, or to a subtree. */
  get index(): Pick<PlaceIndex<LocalListener>, 'visitChannel' | 'visitSubtree'> {
    return this.#index;
  }

  /** Those at one place. */
  at(place: Place): Iterable<LocalListener> {
    return this.#places.get(placeId(place))?.listeners ?? [];
  }

  all(): LocalListener[] {
    return [...this.#places.values()].flatMap(({ listeners }) => [...listeners]);
  }
}
