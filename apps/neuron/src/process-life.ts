import type { Logger } from '@xir/operations';
import { EXIT_FAILURE } from './errors.ts';

/** What ends a process's life on purpose. */
export type EndSignal = 'SIGTERM' | 'SIGINT';

/** The part of `process` that the life of a neuron needs. */
export interface ProcessHost {
  on(signal: EndSignal, listener: (signal: EndSignal) => void): unknown;
  /** Ends at once. */
  exit(status: number): void;
}

/** Something that runs and can be asked to end. */
export interface Drainable {
  /** Stops accepting, lets what is under way finish, releases everything. */
  close(): Promise<void>;
  /** Resolves, if ever, to the error for which it cannot go on. */
  readonly failed?: Promise<Error>;
}

/** Milliseconds beyond `drainMs` that closing the store and the database may take before the process is ended. */
export const CLOSE_GRACE_MS = 5000;

const STATUS: Record<EndSignal, number> = { SIGTERM: 143, SIGINT: 130 };

/**
 * Starts something, and runs it until SIGTERM or SIGINT asks it to end; when it has ended, the process does, with status 0. A signal during the start aborts the start's own signal: a start that rejects
 * with its reason has ended; another is waited for. What runs and fails by itself is closed the same way, and its error is thrown. A second signal, or `drainMs` and {@link CLOSE_GRACE_MS} gone by, ends the process at once with status 143 or 130.
 */
export async function runUntilSignal(
  start: (signal: AbortSignal) => Promise<Drainable>,
  host: ProcessHost,
  options: { readonly drainMs: number; readonly logger: Logger },
): Promise<void> {
  const { drainMs, logger } = options;
  let first: EndSignal | undefined;
  const ending = new AbortController();
  let asked: () => void = () => {};
  const askedToEnd = new Promise<void>((resolve) => (asked = resolve));
  const endInTime = (status: number) => {
    const limit = setTimeout(() => {
      logger.error({ drainMs }, 'closing took too long: the process ends at once');
      host.exit(status);
    }, drainMs + CLOSE_GRACE_MS);
    limit.unref();
  };
  const onSignal = (signal: EndSignal) => {
    if (first !== undefined) {
      logger.warn({ signal }, 'a second signal: the process ends at once');
      return host.exit(STATUS[signal]);
    }
    first = signal;
    logger.info({ signal, drainMs }, 'draining: no new requests are accepted');
    endInTime(STATUS[signal]);
    asked();
    ending.abort();
  };
  host.on('SIGTERM', onSignal);
  host.on('SIGINT', onSignal);
  try {
    const running = await start(ending.signal);
    const failure = await Promise.race([askedToEnd, ...(running.failed === undefined ? [] : [running.failed])]);
    if (failure !== undefined && first === undefined) {
      logger.error({ error: failure }, 'the neuron cannot go on: it closes');
      endInTime(EXIT_FAILURE);
    }
    await running.close();
    if (failure !== undefined) throw failure;
  } catch (error) {
    if (!ending.signal.aborted || error !== ending.signal.reason) throw error;
  }
  logger.info({}, 'the neuron has ended');
  // What could not be closed in time, like a connection to a database that does not answer, must not hold the process.
  host.exit(0);
}
