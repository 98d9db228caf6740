/** Answers whether a text matches a pattern. */
export type Matcher = (text: string) => boolean;

const MAX_PATTERN_CHARACTERS = 1024;

/**
 * Redis' patterns: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, and `\` before a character that stands for itself. The time it takes grows with the product of both lengths at
 * most, whatever the pattern. A pattern of more than 1,024 characters matches nothing but itself.
 */
export function globMatcher(pattern: string): Matcher {
  if (pattern === '*') return () => true;
  if (pattern.length > MAX_PATTERN_CHARACTERS || !/[*?[\\]/.test(pattern)) return (text) => text === pattern;
  const steps = parse(pattern);
  return (text) => matches(steps, text);
}

/** The part of a pattern before its first special character. */
export function literalPrefix(pattern: string): string {
  const special = pattern.search(/[*?[\\]/);
  return special < 0 ? pattern : pattern.slice(0, special);
}

/** One place of a pattern: any number of characters, or one that passes. */
type Step = 'any' | ((unit: number) => boolean);

function parse(pattern: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at] as string;
    if (character === '*') {
      if (steps.at(-1) !== 'any') steps.push('any');
    } else if (character === '?') {
      steps.push(() => true);
    } else if (character === '[') {
      const { step, end } = parseClass(pattern, at + 1);
      steps.push(step);
      at = end;
    } else {
      if (character === '\\' && at + 1 < pattern.length) at += 1;
      const wanted = pattern.charCodeAt(at);
      steps.push((unit) => unit === wanted);
    }
    at += 1;
  }
  return steps;
}

function parseClass(pattern: string, start: number): { readonly step: Step; readonly end: number } {
  let at = start;
  const negated = pattern[at] === '^';
  if (negated) at += 1;
  const ranges: Array<readonly [number, number]> = [];
  while (at < pattern.length && pattern[at] !== ']') {
    if (pattern[at] === '\\' && at + 1 < pattern.length) at += 1;
    const from = pattern.charCodeAt(at);
    if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
      const to = pattern.charCodeAt(at + 2);
      ranges.push(from <= to ? [from, to] : [to, from]);
      at += 3;
    } else {
      ranges.push([from, from]);
      at += 1;
    }
  }
  return { step: (unit) => ranges.some(([from, to]) => unit >= from && unit <= to) !== negated, end: at };
}

/** Greedy with one place to come back to: the last `*`. */
function matches(steps: readonly Step[], text: string): boolean {
  let at = 0;
  let step = 0;
  let backStep = -1;
  let backAt = 0;
  while (at < text.length) {
    const wanted = steps[step];
    if (wanted === 'any') {
      backStep = step;
      backAt = at;
      step += 1;
    } else if (wanted !== undefined && wanted(text.charCodeAt(at))) {
      step += 1;
      at += 1;
    } else if (backStep >= 0) {
      step = backStep + 1;
      backAt += 1;
      at = backAt;
    } else {
      return false;
    }
  }
  while (steps[step] === 'any') step += 1;
  return step === steps.length;
}
