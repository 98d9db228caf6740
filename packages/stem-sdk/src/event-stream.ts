import { SdkError } from './errors.ts';

/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The last id the stream gave, this event's or an earlier one's; `''` before the first. */
  readonly id: string;
}

/** Longest line of a stream, and longest data of an event, in characters. */
export const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, "Server-sent events", section "Parsing an event stream") from text that comes in pieces of any size. What is read does
 * not depend on where the text was cut. Pure: feed it with `read`.
 */
export class EventStreamParser {
  readonly #maxCharacters: number;
  #rest = '';
  #sawCarriageReturn = false;
  #first = true;
  #event = '';
  #data: string[] = [];
  #size = 0;
  #id = '';

  /** Lines, and the data of an event, may be of so many characters. */
  constructor(maxCharacters: number = MAX_EVENT_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  /** The events that this piece completes; take them all before the next piece. Throws `SDK_BAD_RESPONSE` for what is longer than allowed. */
  *read(piece: string): Generator<ServerSentEvent, void, undefined> {
    if (piece === '') return;
    let text = piece;
    if (this.#first) {
      this.#first = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    // The second half of an end of line whose first half has ended it already.
    if (this.#sawCarriageReturn && text.startsWith('\n')) text = text.slice(1);
    this.#sawCarriageReturn = piece.endsWith('\r');
    const [head = '', ...lines] = text.split(/\r\n|\r|\n/);
    let line = this.#rest + head;
    for (const next of lines) {
      const event = this.#line(line);
      if (event !== undefined) yield event;
      line = next;
    }
    this.#rest = this.#within(line, line.length);
  }

  #line(line: string): ServerSentEvent | undefined {
    if (this.#within(line, line.length) === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#event = value;
    if (field === 'id' && !value.includes('\0')) this.#id = value;
    if (field !== 'data') return undefined;
    this.#size += value.length + 1;
    this.#data.push(this.#within(value, this.#size));
    return undefined;
  }

  #within(text: string, characters: number): string {
    if (characters > this.#maxCharacters) throw new SdkError('SDK_BAD_RESPONSE', 'a server-sent event is too long');
    return text;
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
