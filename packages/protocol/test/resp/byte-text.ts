/** The bytes of a text in UTF-8, as byte text (one UTF-16 unit per byte). */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A request as an array of bulk strings. */
export function request(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}
