import { isUtf8 } from 'node:buffer';

/** Texts up to this length are looked through unit by unit; beyond it a native pass is quicker. */
const SHORT = 48;

/** Whether a text holds ASCII only: it is then its own byte text. */
export function isAscii(text: string): boolean {
  if (text.length > SHORT) return Buffer.byteLength(text) === text.length;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** The bytes of a text in UTF-8, as byte text (one UTF-16 unit per byte). */
export function bytesOfText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that bytes spell in UTF-8; `undefined`: none. */
export function textOfBytes(bytes: string): string | undefined {
  if (isAscii(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString('utf8') : undefined;
}
