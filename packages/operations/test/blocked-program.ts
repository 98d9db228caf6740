import { createLogger, startWatchdog } from '@xir/operations';

/** A program that blocks its own event loop, for the watchdog's tests. */
const parameters = new Map(process.argv.slice(2).map((text) => text.split('=') as [string, string]));
const number = (name: string) => Number(parameters.get(name) ?? '0');

const watchdog = startWatchdog({
  tickMs: 50,
  stallWarningMs: number('stallWarningMs'),
  stallAbortMs: number('stallAbortMs'),
  logger: createLogger(),
});

if (!parameters.has('leave')) {
  // The watcher must have started before the loop is blocked; the beat proves nothing about it, so wait a moment of real time.
  setTimeout(() => {
    const until = performance.now() + number('blockMs');
    while (performance.now() < until);
    const poll = setInterval(() => {
      const snapshot = watchdog.snapshot();
      if (snapshot.stalls === 0) return;
      clearInterval(poll);
      process.stdout.write(`${JSON.stringify(snapshot)}\n`);
      void watchdog.close();
    }, 20);
  }, 500);
}
