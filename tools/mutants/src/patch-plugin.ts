import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyPatch, type Patch } from './apply-patch.ts';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A plugin of Vite that hands out one source with a mutant's part taken out; the file on disk stays as it is. */
export function patchPlugin(mutant: Patch): { readonly name: string; readonly enforce: 'pre'; transform(code: string, id: string): string | undefined } {
  const target = join(ROOT, mutant.file);
  return {
    name: 'mutant',
    enforce: 'pre',
    transform: (code, id) => (id.split('?')[0] === target ? applyPatch(code, mutant) : undefined),
  };
}
