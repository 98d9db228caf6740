const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };
const HEX_PAIR = /^[0-9a-fA-F]{2}$/;

/**
 * The arguments of a request that is written as one line, by the rules of Redis: separated by white space; `"…"` with the escapes `\n \r \t \b \a \xHH` and `'…'` with
 * `\'` hold anything. `undefined` where quotes are not closed, or something follows a closing quote at once.
 */
export function splitInlineRequest(line: string): string[] | undefined {
  const found: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isSpace(line.charCodeAt(at))) at += 1;
    if (at >= line.length) return found;
    const word = readWord(line, at);
    if (word === undefined) return undefined;
    found.push(word.text);
    at = word.end;
  }
}

interface Word {
  readonly text: string;
  readonly end: number;
}

function readWord(line: string, start: number): Word | undefined {
  let text = '';
  let at = start;
  while (at < line.length && !isSpace(line.charCodeAt(at))) {
    const character = line[at] as string;
    if (character === '"' || character === "'") {
      const quoted = readQuoted(line, at + 1, character);
      if (quoted === undefined) return undefined;
      const { end } = quoted;
      if (end < line.length && !isSpace(line.charCodeAt(end))) return undefined;
      return { text: text + quoted.text, end };
    }
    text += character;
    at += 1;
  }
  return { text, end: at };
}

function readQuoted(line: string, start: number, quote: string): Word | undefined {
  let text = '';
  let at = start;
  while (at < line.length) {
    const character = line[at] as string;
    if (character === quote) return { text, end: at + 1 };
    if (character !== '\\' || at + 1 >= line.length) {
      text += character;
      at += 1;
      continue;
    }
    const next = line[at + 1] as string;
    if (quote === "'") {
      text += next === "'" ? "'" : character;
      at += next === "'" ? 2 : 1;
    } else if (next === 'x' && HEX_PAIR.test(line.slice(at + 2, at + 4))) {
      text += String.fromCharCode(Number.parseInt(line.slice(at + 2, at + 4), 16));
      at += 4;
    } else {
      text += ESCAPES[next] ?? next;
      at += 2;
    }
  }
  return undefined;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) || unit === 0;
}
