/**
 * Prints one line when a step begins and one when it ends, with the time it took, so that a log without a terminal reads well too.
 *
 * @template T
 * @param {string} title
 * @param {(say: (detail: string) => void) => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function step(title, run) {
  const started = performance.now();
  let detail = '';
  process.stdout.write(`- ${title} ...\n`);
  const result = await run((text) => {
    detail = `: ${text}`;
  });
  process.stdout.write(`  ${title}${detail} (${seconds(started)})\n`);
  return result;
}

/** The seconds since `started` (a `performance.now()`), for people. */
export function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
