/** Shortest text that the engine may hold as a view into another one. */
const SHORTEST_VIEW = 13;
/** Texts longer than this are not copied: what a copy would save is little beside them. */
const LONGEST_COPY = 4096;

/**
 * A well-formed text held in one piece of its own. A slice keeps the whole text alive that it was cut from, and what `JSON.stringify` makes is held in pieces, nearly twice
 * as large; in a cache of a million small texts that is more than the texts themselves.
 */
export function flatText(text: string): string {
  if (text.length < SHORTEST_VIEW) return text;
  if (text.length <= LONGEST_COPY) return Buffer.from(text).toString();
  // A look at a character makes the engine join the pieces.
  return Number.isNaN(text.charCodeAt(text.length - 1)) ? '' : text;
}
