/** Waits until a check holds; its last failure is thrown when it does not within `patienceMs`. */
export function eventually(check: () => unknown, patienceMs = 10_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const until = performance.now() + patienceMs;
    const attempt = async (): Promise<void> => {
      try {
        await check();
        resolve();
      } catch (error) {
        if (performance.now() > until) reject(error instanceof Error ? error : new Error(String(error)));
        else setTimeout(() => void attempt(), 5);
      }
    };
    void attempt();
  });
}
