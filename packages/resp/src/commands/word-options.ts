import { syntaxError } from '../numbers.ts';

/** The words that may stand behind the fixed arguments, and whether one more argument belongs to each. */
export type WordOptions = Readonly<Record<string, 'flag' | 'value'>>;

/** Reads words and their values (byte text) from an argument on; a flag has the value ''. Throws `RESP_BAD_ARGUMENT` for other words and repetitions. */
export function readWords(args: readonly string[], from: number, known: WordOptions): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let index = from; index < args.length; index += 1) {
    const word = (args[index] as string).toUpperCase();
    if (found.has(word) || !Object.hasOwn(known, word)) throw syntaxError();
    if (known[word] === 'flag') {
      found.set(word, '');
      continue;
    }
    index += 1;
    const value = args[index];
    if (value === undefined) throw syntaxError();
    found.set(word, value);
  }
  return found;
}
