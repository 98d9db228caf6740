import { isStorableValue, type JsonValue, type Kv4Record } from '@xir/kv4-core';
import { jsonDepthExceeds, MAX_JSON_DEPTH } from '@xir/protocol';

import { bytesOfText, textOfBytes } from './byte-text.ts';

/** The one field of the object in which bytes that are no text are kept, as base64. */
const BYTES_FIELD = '$bytes';

const BYTES_VALUE = /^\{"\$bytes":"([A-Za-z0-9+/]*={0,2})"\}$/;
const BYTES_START = '{"$bytes":"';
const PLAIN_NUMBER = /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,17})?$/;
const QUOTE = 0x22;

/**
 * The JSON value in which the bytes of a Redis value are kept, so that they come back exactly:
 * text that is JSON the way `JSON.stringify` writes it (an object, array, plain number, `true`, `false`, `null`) is that JSON value; other text is a string; bytes that
 * are no UTF-8 are `{ "$bytes": "<base64>" }`.
 */
export function valueOfBytes(bytes: string): JsonValue {
  const text = textOfBytes(bytes);
  if (text === undefined) return { [BYTES_FIELD]: Buffer.from(bytes, 'latin1').toString('base64') };
  const first = text.charCodeAt(0);
  // Digits and minus; `[`, `{`; f, n, t.
  if ((first >= 0x30 && first <= 0x39) || first === 0x2d) return valueOfNumber(text);
  if (first === 0x7b || first === 0x5b) return valueOfDocument(text);
  if (text === 'true') return true;
  if (text === 'false') return false;
  return text === 'null' ? null : text;
}

function valueOfNumber(text: string): JsonValue {
  if (!PLAIN_NUMBER.test(text)) return text;
  const value = Number(text);
  return JSON.stringify(value) === text ? value : text;
}

function valueOfDocument(text: string): JsonValue {
  const last = text.charCodeAt(text.length - 1);
  if ((last !== 0x7d && last !== 0x5d) || text.startsWith(BYTES_START) || jsonDepthExceeds(text, MAX_JSON_DEPTH)) return text;
  try {
    const value = JSON.parse(text) as JsonValue;
    return JSON.stringify(value) === text && isStorableValue(value) ? value : text;
  } catch {
    // No JSON: a text like any other.
    return text;
  }
}

/** The bytes of a record's value, as byte text. Hot: builds nothing of values that are plain strings. */
export function bytesOfRecord(record: Kv4Record): string {
  const { valueText } = record;
  const first = valueText.charCodeAt(0);
  if (first === QUOTE) return bytesOfText(valueText.includes('\\') ? (record.value as string) : valueText.slice(1, -1));
  return first === 0x7b ? bytesOfObjectText(valueText) : bytesOfText(valueText);
}

/** The bytes of a value, as byte text: a string is its own bytes, everything else the JSON text. */
export function bytesOfValue(value: JsonValue): string {
  return typeof value === 'string' ? bytesOfText(value) : bytesOfObjectText(JSON.stringify(value));
}

function bytesOfObjectText(text: string): string {
  const encoded = text.startsWith(BYTES_START) ? BYTES_VALUE.exec(text)?.[1] : undefined;
  return encoded === undefined ? bytesOfText(text) : Buffer.from(encoded, 'base64').toString('latin1');
}
