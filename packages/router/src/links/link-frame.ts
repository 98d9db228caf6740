/**
 * What travels on a link, each a text frame; numbers in decimal digits.
 *
 * - `m<number>\n<length>,<length>,…\n<texts>`: messages, numbered without gaps from 1; lengths in UTF-16 units.
 * - `a<number>`: the messages of this frame have been taken. `n<number>`: they have not, and will not be.
 * - `p<number>\n<json>`: a ping. `q<number>\n<json>`: its answer.
 */
export type LinkFrame =
  | MessageFrame
  | { readonly type: 'taken' | 'refused'; readonly number: number }
  | { readonly type: 'ping' | 'answer'; readonly number: number; readonly text: string };

/** A frame of messages. */
export interface MessageFrame {
  readonly type: 'messages';
  readonly number: number;
  readonly messages: readonly string[];
}

/** Most messages in one frame. */
export const MAX_FRAME_MESSAGES = 10_000;

/** A frame as it travels. */
export function encodeFrame(frame: LinkFrame): string {
  switch (frame.type) {
    case 'messages':
      return `m${frame.number}\n${frame.messages.map(({ length }) => length).join(',')}\n${frame.messages.join('')}`;
    case 'taken':
      return `a${frame.number}`;
    case 'refused':
      return `n${frame.number}`;
    case 'ping':
      return `p${frame.number}\n${frame.text}`;
    case 'answer':
      return `q${frame.number}\n${frame.text}`;
  }
}

/** Reads a frame; `undefined` for what is none. */
export function decodeFrame(text: string): LinkFrame | undefined {
  const kind = text[0];
  if (kind === 'a' || kind === 'n') {
    const number = readNumber(text.slice(1));
    return number === undefined ? undefined : { type: kind === 'a' ? 'taken' : 'refused', number };
  }
  const lineEnd = text.indexOf('\n');
  const number = lineEnd < 0 ? undefined : readNumber(text.slice(1, lineEnd));
  if (number === undefined) return undefined;
  if (kind === 'p' || kind === 'q') return { type: kind === 'p' ? 'ping' : 'answer', number, text: text.slice(lineEnd + 1) };
  const messages = kind === 'm' ? readMessages(text, lineEnd + 1) : undefined;
  return messages === undefined ? undefined : { type: 'messages', number, messages };
}

function readMessages(text: string, from: number): readonly string[] | undefined {
  const lengthsEnd = text.indexOf('\n', from);
  if (lengthsEnd < 0) return undefined;
  const lengths = text.slice(from, lengthsEnd).split(',');
  if (lengths.length > MAX_FRAME_MESSAGES) return undefined;
  const messages: string[] = [];
  let at = lengthsEnd + 1;
  for (const digits of lengths) {
    const length = readNumber(digits);
    if (length === undefined || at + length > text.length) return undefined;
    messages.push(text.slice(at, at + length));
    at += length;
  }
  return at === text.length ? messages : undefined;
}

function readNumber(digits: string): number | undefined {
  if (digits.length === 0 || digits.length > 15) return undefined;
  let number = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}
