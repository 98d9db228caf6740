const TIME_DIGITS = 12;
const CHANCE_DIGITS = 4;
const FORM = /^[0-9a-f]{16}$/;

/**
 * The name of a new life of a neuron process: time, then chance, in hexadecimal digits, so that later lives sort behind earlier ones and two are never the same.
 * Above the `stored` one, whatever the clock says. `random` is in `[0, 1)`.
 */
export function nextIncarnation(stored: string | undefined, nowMs: number, random: number): string {
  const storedMs = stored !== undefined && isIncarnation(stored) ? Number.parseInt(stored.slice(0, TIME_DIGITS), 16) : -1;
  const timeMs = Math.max(Math.floor(nowMs), storedMs + 1, 0);
  return timeMs.toString(16).padStart(TIME_DIGITS, '0') + Math.floor(random * 16 ** CHANCE_DIGITS).toString(16).padStart(CHANCE_DIGITS, '0');
}

/** Whether a text is the name of a life. */
export function isIncarnation(text: unknown): text is string {
  return typeof text === 'string' && FORM.test(text);
}
