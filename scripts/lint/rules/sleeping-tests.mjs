import { codeOnly, matchesOf } from '../source-text.mjs';

export const name = 'sleeping-tests';

const sleep = /\bsetTimeout\s*\(\s*(?:resolve|done|r|res)\b|\bawait\s+(?:sleep|delay|pause)\s*\(/g;

/** Files that may wait for real time, each with its reason. */
export const ALLOWED_SLEEPS = {
  'packages/operations/test/watchdog.test.ts': 'the loop-delay monitor samples a real event loop, and gives no sign when it has',
};

/** A test awaits a fact or drives the clock; a pause is either too short or too long. */
export function check(repository, allowed = ALLOWED_SLEEPS) {
  return repository.tests
    .filter((file) => !(file in allowed))
    .flatMap((file) => {
      const text = repository.read(file);
      const timersModule = matchesOf(text, /from\s*['"](?:node:)?timers\/promises['"]/g);
      return [...timersModule, ...matchesOf(codeOnly(text), sleep)].map(({ line }) => ({
        file,
        line,
        message: 'a test sleeps; await the fact it waits for, or drive the clock (or add the file to ALLOWED_SLEEPS with a reason)',
      }));
    });
}
