const HIGHEST_ESCAPED = 0x22;
const ESCAPE = '"';
const SHIFT = 0x40;

/**
 * Escapes one field of a document id: every character up to U+0022 becomes `"` followed by the character 0x40 higher.
 * The result holds no `!`, and the order of escaped fields is the order of the fields. Source: `docs/design.md`, "Document ids".
 *
 * Returns its argument itself when nothing needs escaping.
 */
export function escapeField(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) <= HIGHEST_ESCAPED) return escapeFrom(text, index);
  }
  return text;
}

function escapeFrom(text: string, start: number): string {
  let escaped = text.slice(0, start);
  for (let index = start; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    escaped += unit <= HIGHEST_ESCAPED ? ESCAPE + String.fromCharCode(unit + SHIFT) : text.charAt(index);
  }
  return escaped;
}

/** The inverse of {@link escapeField}; `undefined` for a text that `escapeField` cannot have made. */
export function unescapeField(escaped: string): string | undefined {
  for (let index = 0; index < escaped.length; index += 1) {
    if (escaped.charCodeAt(index) <= HIGHEST_ESCAPED) return unescapeFrom(escaped, index);
  }
  return escaped;
}

function unescapeFrom(escaped: string, start: number): string | undefined {
  let text = escaped.slice(0, start);
  for (let index = start; index < escaped.length; index += 1) {
    const unit = escaped.charCodeAt(index);
    if (unit > HIGHEST_ESCAPED) {
      text += escaped.charAt(index);
      continue;
    }
    index += 1;
    const shifted = escaped.charCodeAt(index) - SHIFT;
    if (unit !== HIGHEST_ESCAPED || !(shifted >= 0 && shifted <= HIGHEST_ESCAPED)) return undefined;
    text += String.fromCharCode(shifted);
  }
  return text;
}
