import type { Mutant } from './mutant.ts';

/** A source with a mutant's part taken out. Throws a `TypeError` where the text does not occur exactly once: the source has moved on, and the mutant has to follow. Pure. */
export function applyPatch(source: string, { name, file, find, replace }: Pick<Mutant, 'name' | 'file' | 'find' | 'replace'>): string {
  const at = source.indexOf(find);
  if (at < 0) throw new TypeError(`mutant ${name}: its text is not in ${file}`);
  if (source.includes(find, at + 1)) throw new TypeError(`mutant ${name}: its text is in ${file} more than once`);
  return source.slice(0, at) + replace + source.slice(at + find.length);
}
