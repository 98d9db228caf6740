/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The last id the stream gave, this event's or an earlier one's; `''` before the first. */
  readonly id: string;
}

/** Longest event, in characters. */
export const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, "Server-sent events", section "Parsing an event stream") from text that comes in pieces of any size. Pure:
 * feed it with `push`.
 */
export class EventStreamParser {
  #rest = '';
  #sawCarriageReturn = false;
  #first = true;
  #event = '';
  #data: string[] = [];
  #size = 0;
  #id = '';

  /** The events that this piece completes. Throws a `RangeError` for an event longer than {@link MAX_EVENT_CHARACTERS}. */
  push(piece: string): ServerSentEvent[] {
    let text = piece;
    if (this.#first && text !== '') {
      this.#first = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    if (this.#sawCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    if (text !== '') this.#sawCarriageReturn = text.endsWith('\r');
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length + this.#size > MAX_EVENT_CHARACTERS) throw new RangeError('a server-sent event is too long');
    return lines.map((line) => this.#line(line)).filter((event) => event !== undefined);
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#event = value;
    if (field === 'id' && !value.includes('\0')) this.#id = value;
    if (field !== 'data') return undefined;
    this.#data.push(value);
    this.#size += value.length + 1;
    if (this.#size > MAX_EVENT_CHARACTERS) throw new RangeError('a server-sent event is too long');
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = { event: this.#event === '' ? 'message' : this.#event, data: this.#data.join('\n'), id: this.#id };
    const complete = this.#data.length > 0;
    this.#event = '';
    this.#data = [];
    this.#size = 0;
    return complete ? event : undefined;
  }
}
