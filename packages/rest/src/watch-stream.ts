import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Clock, Timer } from '@xir/couch-client';
import type { WatchEvent } from '@xir/kv4-core';

import { commonHeaders } from './answer-headers.ts';
import { errorText } from '@xir/protocol';

import { describeError } from './errors.ts';
import { eventText } from './event-text.ts';
import type { TextEvent } from './service.ts';

/** Milliseconds that a watch's reader may leave a full buffer unread before it is cut off. */
export const WATCH_STALL_MS = 30_000;

/** How a watch is sent. */
export interface WatchStreamOptions {
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxBufferBytes: number;
  readonly ageMs: () => number | undefined;
  /** Rejects when the client may be told nothing any more. Asked before each event, and with each heartbeat. */
  readonly admit: () => Promise<void>;
  /** Ends the watch: aborts {@link signal}. */
  readonly end: () => void;
  /** Aborted when the watch is to end: the client has left, or the server closes. */
  readonly signal: AbortSignal;
}

/** How a watch came to its end. */
export type WatchEnd = 'ended' | 'slow-reader';

/** The events of a watch in words. */
export async function* watchTexts(events: AsyncIterable<WatchEvent>): AsyncGenerator<TextEvent> {
  for await (const event of events) yield { text: eventText(event), isCut: event.type === 'reset' && event.reason === 'slow-consumer' };
}

/**
 * Sends events until the watch or the client ends it. Events wait in the response's buffer up to a limit; past it the watch is no longer read (so the
 * store's own bounded queue decides), and a reader that takes nothing for {@link WATCH_STALL_MS} is cut off.
 */
export async function sendEvents(
  request: IncomingMessage,
  response: ServerResponse,
  events: AsyncIterable<TextEvent>,
  options: WatchStreamOptions,
): Promise<WatchEnd> {
  response.writeHead(200, [...commonHeaders(request.headers), 'Content-Type', 'text/event-stream', 'X-Accel-Buffering', 'no']);
  response.write('retry: 1000\n\n');
  const stopHeartbeats = startHeartbeats(response, options);
  try {
    for await (const event of events) {
      await options.admit();
      const { onWritten } = event;
      response.write(event.text, onWritten === undefined ? undefined : (error) => onWritten(error === undefined || error === null));
      if (response.writableLength > options.maxBufferBytes && !(await drained(response, options))) {
        response.destroy();
        return 'slow-reader';
      }
      if (event.isCut === true) {
        response.end();
        return 'slow-reader';
      }
    }
    response.end();
  } catch (error) {
    if (!options.signal.aborted) response.write(`event: error\ndata: ${errorText(describeError(error).errorString)}\n\n`);
    response.end();
    if (!options.signal.aborted) throw error;
  } finally {
    stopHeartbeats();
  }
  return 'ended';
}

function startHeartbeats(response: ServerResponse, options: WatchStreamOptions): () => void {
  const { clock, heartbeatMs, ageMs, admit, end } = options;
  let timer: Timer;
  const arm = (): void => {
    timer = clock.schedule(heartbeatMs, () => {
      // Whoever comes again is told why.
      void admit().catch(end);
      const age = ageMs();
      // A reader with a full buffer needs no sign of life.
      if (!response.writableNeedDrain) response.write(age === undefined ? ': heartbeat\n\n' : `: heartbeat age-ms=${age}\n\n`);
      arm();
    });
  };
  arm();
  return () => timer.cancel();
}

/** Waits until the buffer has emptied; false when it did not in time or the watch ended. */
function drained(response: ServerResponse, { clock, signal }: WatchStreamOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (result: boolean) => {
      timer.cancel();
      response.off('drain', onDrain);
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const onDrain = () => settle(true);
    const onAbort = () => settle(false);
    const timer = clock.schedule(WATCH_STALL_MS, onAbort);
    response.once('drain', onDrain);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) settle(false);
  });
}
