/** Sends paced reads from a process of its own, so that nothing else the harness does keeps it from sending and receiving them in time. */
import { setPriority } from 'node:os';
import { pacedReads, type PacedResult } from '../load/paced-reads.ts';
import { serve } from './serve.ts';

/** Before everything else on its core: what it measures is how long the server takes. */
const PRIORITY = -10;

interface Reads {
  readonly port: number;
  readonly everyMs: number;
  /** Paths and queries, one after the other and from the beginning again. */
  readonly paths: readonly string[];
}

let stop: () => void = () => undefined;
let running: Promise<PacedResult> | undefined;

try {
  setPriority(PRIORITY);
} catch {
  // Without the right to it the figures include waiting for the core.
}

serve({
  /** Reads for a while; 0: once. */
  read: ({ port, everyMs, paths, forMs }: Reads & { readonly forMs: number }) => pacedReads({ port, everyMs, path: (n) => paths[n % paths.length] as string, forMs }),
  /** Begins to read. */
  begin({ port, everyMs, paths }: Reads) {
    const until = new Promise<void>((resolve) => (stop = resolve));
    running = pacedReads({ port, everyMs, path: (n) => paths[n % paths.length] as string, until });
    running.catch(() => undefined);
  },
  /** Ends it, and tells how long the reads took. */
  end() {
    stop();
    return running;
  },
});
