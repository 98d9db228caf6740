import { SdkError } from '../errors.ts';

interface Reader<Event> {
  readonly waiting: Event[];
  wake: (() => void) | undefined;
  /** Why no more is put into it. */
  end: { readonly error?: Error } | undefined;
}

/** Hands events to all who iterate, each with a bounded queue of its own. */
export class EventFeed<Event> {
  readonly #maxQueued: number;
  readonly #readers = new Set<Reader<Event>>();
  #end: Reader<Event>['end'];

  constructor(maxQueued: number) {
    this.#maxQueued = maxQueued;
  }

  push(event: Event): void {
    for (const reader of this.#readers) {
      if (reader.waiting.length < this.#maxQueued) reader.waiting.push(event);
      else this.#finish(reader, { error: new SdkError('SDK_TOO_SLOW', `more than ${this.#maxQueued} events wait to be read`) });
      reader.wake?.();
    }
  }

  /** No more events come; with an error, those who iterate are told. Idempotent. */
  end(error?: Error): void {
    this.#end ??= error === undefined ? {} : { error };
    for (const reader of [...this.#readers]) {
      this.#finish(reader, this.#end);
      reader.wake?.();
    }
  }

  /** Everything that comes from this call on. Ends with the signal; `map` gives `undefined` for what is left out. */
  read<Item>(map: (event: Event) => Item | undefined, signal?: AbortSignal): AsyncGenerator<Item, void, undefined> {
    const reader: Reader<Event> = { waiting: [], wake: undefined, end: this.#end };
    if (reader.end === undefined) this.#readers.add(reader);
    const onAbort = () => {
      reader.waiting.length = 0;
      this.#finish(reader, {});
      reader.wake?.();
    };
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    const finish = () => {
      this.#readers.delete(reader);
      signal?.removeEventListener('abort', onAbort);
    };
    const items = generate(reader, map, finish);
    // A generator that was not begun does not run its `finally`.
    const give = items.return.bind(items);
    return Object.assign(items, { return: (value: undefined) => (finish(), give(value)) });
  }

  #finish(reader: Reader<Event>, end: Reader<Event>['end']): void {
    reader.end ??= end;
    this.#readers.delete(reader);
  }
}

async function* generate<Event, Item>(reader: Reader<Event>, map: (event: Event) => Item | undefined, finish: () => void): AsyncGenerator<Item, void, undefined> {
  try {
    for (;;) {
      for (let event = reader.waiting.shift(); event !== undefined; event = reader.waiting.shift()) {
        const item = map(event);
        if (item !== undefined) yield item;
      }
      if (reader.end?.error !== undefined) throw reader.end.error;
      if (reader.end !== undefined) return;
      await new Promise<void>((resolve) => (reader.wake = resolve));
      reader.wake = undefined;
    }
  } finally {
    finish();
  }
}
