import { isDeepStrictEqual } from 'node:util';

/**
 * Compares real answers with those of examples. What differs from run to run is compared by its type only, and remembered: where a later request
 * of the documents holds the example's value, the real one is sent.
 */
export class ExampleValues {
  readonly #real = new Map<string, string>();

  /** The text of a request, with real values for those of examples. */
  inserted(text: string): string {
    let result = text;
    for (const [example, real] of this.#real) result = result.replaceAll(example, real);
    return result;
  }

  /** What is wrong with a real answer, by JSON pointer; empty: nothing. */
  differences(example: unknown, real: unknown, varies: readonly string[], pointer = ''): string[] {
    if (varies.some((pattern) => matches(pattern, pointer))) return this.#remember(example, real, pointer);
    if (typeof example !== 'object' || example === null || typeof real !== 'object' || real === null) {
      return isDeepStrictEqual(example, real) ? [] : [`${pointer}: ${JSON.stringify(real)} instead of ${JSON.stringify(example)}`];
    }
    const names = Object.keys(example);
    if (Array.isArray(example) !== Array.isArray(real) || !isDeepStrictEqual(names.sort(), Object.keys(real).sort())) return [`${pointer}: ${JSON.stringify(real)} has other fields than ${JSON.stringify(example)}`];
    return names.flatMap((name) => this.differences(example[name as keyof object], real[name as keyof object], varies, `${pointer}/${name}`));
  }

  #remember(example: unknown, real: unknown, pointer: string): string[] {
    if (typeof example !== typeof real) return [`${pointer}: ${typeof real} instead of ${typeof example}`];
    // Short ones could stand in a text for something else.
    if (typeof example === 'string' && example.length >= 8) this.#real.set(example, String(real));
    return [];
  }
}

function matches(pattern: string, pointer: string): boolean {
  const wanted = pattern.split('/');
  const given = pointer.split('/');
  return wanted.length === given.length && wanted.every((segment, index) => segment === '*' || segment === given[index]);
}
