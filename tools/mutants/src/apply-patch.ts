import type { Mutant } from './mutant.ts';

/** What of a mutant its source needs. */
export type Patch = Pick<Mutant, 'name' | 'file' | 'find' | 'replace' | 'also'>;

/** A source with a mutant's part taken out. Throws a `TypeError` where a text does not occur exactly once: the source has moved on, and the mutant has to follow. Pure. */
export function applyPatch(source: string, { name, file, find, replace, also = [] }: Patch): string {
  return [{ find, replace }, ...also].reduce((text, edit) => {
    const at = text.indexOf(edit.find);
    if (at < 0) throw new TypeError(`mutant ${name}: its text is not in ${file}`);
    if (text.includes(edit.find, at + 1)) throw new TypeError(`mutant ${name}: its text is in ${file} more than once`);
    return text.slice(0, at) + edit.replace + text.slice(at + edit.find.length);
  }, source);
}
