const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

/** Resolves after real milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Runs a check again and again until it passes; rejects with its last failure when `patienceMs` have gone by. */
export async function eventually<Result>(check: () => Promise<Result>, patienceMs: number): Promise<Result> {
  const deadline = performance.now() + patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await check();
    } catch (failure) {
      if (performance.now() >= deadline) throw failure;
    }
    await pause(pauseMs);
  }
}

/** Settles as the promise does, or rejects after `patienceMs`, saying what was waited for. */
export async function within<Result>(promise: Promise<Result>, patienceMs: number, what: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patienceMs} ms in vain for ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
