import { parseForm } from './form.ts';

/** Deepest nesting of a JSON body. */
export const MAX_JSON_DEPTH = 128;

/** Any value JSON can carry. */
export type BodyValue = null | boolean | number | string | BodyValue[] | { [name: string]: BodyValue };
/** A body: always an object, because v3's bodies are. */
export type BodyObject = { [name: string]: BodyValue };

/** Why a body could not be read: an error string of the API. */
export type BodyProblem = 'bad_body' | 'bad_value';

/** What came of reading a body. */
export type BodyResult = { readonly ok: true; readonly body: BodyObject } | { readonly ok: false; readonly problem: BodyProblem };

const EMPTY: BodyResult = { ok: true, body: {} };
const BAD: BodyResult = { ok: false, problem: 'bad_body' };

/**
 * Reads a request body the way v3's clients need: JSON whatever the content type says (or with none), nothing, white space or
 * `null` as `{}`, and forms with bracket nesting where the content type says form or the text cannot be JSON.
 *
 * Malformed are: JSON that does not parse, is not an object, or is nested deeper than {@link MAX_JSON_DEPTH} (`bad_body`); numbers
 * beyond the range of a double (`bad_value`), which storage would turn into null.
 *
 * @param text - The decoded body.
 * @param contentType - The `Content-Type` header, if any.
 */
export function parseBody(text: string, contentType?: string): BodyResult {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === 'null') return EMPTY;
  const first = trimmed.charCodeAt(0);
  if (first !== 0x7b && (isForm(contentType) || (contentType === undefined && /^[\w.[\]%-]+=/.test(trimmed)))) {
    const form = parseForm(trimmed);
    return form === undefined ? BAD : { ok: true, body: form };
  }
  return first === 0x7b ? parseJsonObject(trimmed) : BAD;
}

function isForm(contentType: string | undefined): boolean {
  return contentType !== undefined && contentType.toLowerCase().startsWith('application/x-www-form-urlencoded');
}

function parseJsonObject(text: string): BodyResult {
  if (jsonDepthExceeds(text, MAX_JSON_DEPTH)) return BAD;
  let value: BodyValue;
  try {
    value = JSON.parse(text) as BodyValue;
  } catch {
    // Not JSON: the caller answers with the problem.
    return BAD;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return BAD;
  return allNumbersFinite(value) ? { ok: true, body: value } : { ok: false, problem: 'bad_value' };
}

/** Whether JSON text nests deeper than `limit`, found without parsing it. */
export function jsonDepthExceeds(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

function allNumbersFinite(value: BodyValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value !== 'object') return true;
  return (Array.isArray(value) ? value : Object.values(value)).every(allNumbersFinite);
}
