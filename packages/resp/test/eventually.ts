import { setImmediate } from 'node:timers/promises';

/** Waits until a check holds; its last failure is thrown when it does not within `patienceMs`. */
export async function eventually(check: () => unknown, patienceMs = 10_000): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await setImmediate();
  }
}
