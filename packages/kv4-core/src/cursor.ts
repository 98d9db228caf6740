import { MAX_ID_BYTES } from './address-limits.ts';
import { Kv4Error } from './errors.ts';
import { isWellFormed } from './well-formed.ts';

/** Longest cursor text, in characters: base64 of the longest id, with room for a version behind it. */
export const MAX_CURSOR_LENGTH = Math.ceil(((MAX_ID_BYTES + 64) * 4) / 3) + 4;

const BASE64_URL = /^[A-Za-z0-9_-]+$/;

/** The cursor that stands behind a document id: base64url of its UTF-8, without padding. Opaque to clients, safe in a URL. */
export function encodeCursor(id: string): string {
  if (!isWellFormed(id) || id === '') throw new TypeError('a cursor is made of a document id');
  const bytes = new TextEncoder().encode(id);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The document id that a cursor stands behind. Throws `KV4_BAD_OPTION` for anything that {@link encodeCursor} does not make. */
export function decodeCursor(text: string): string {
  const id = typeof text === 'string' && text.length <= MAX_CURSOR_LENGTH && BASE64_URL.test(text) ? decode(text) : undefined;
  if (id === undefined || encodeCursor(id) !== text) throw new Kv4Error('KV4_BAD_OPTION', 'after is not a cursor of a page');
  return id;
}

function decode(text: string): string | undefined {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const id = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(binary, (unit) => unit.charCodeAt(0)));
    return id === '' ? undefined : id;
  } catch {
    // Not base64, or not UTF-8: either way no cursor of ours.
    return undefined;
  }
}
