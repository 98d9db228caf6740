/** Fields whose values differ from run to run, wherever they stand in an example's answer. */
export const VARYING_FIELDS: readonly string[] = ['_ver_', '_id', '_rev', 't', 'created', 'token', 'expiresAtMs', 'version', 'timeMs', 'ageMs', 'revision', 'position', 'x'];

/** JSON pointers to every field of an answer that is among {@link VARYING_FIELDS}. */
export function varyingPointers(answer: unknown, pointer = ''): string[] {
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.entries(answer).flatMap(([name, value]) => {
    const here = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return !Array.isArray(answer) && VARYING_FIELDS.includes(name) ? [here] : varyingPointers(value, here);
  });
}
