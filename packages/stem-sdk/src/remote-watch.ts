import { Kv4Error, type WatchEvent, type WatchOptions, type WatchScope } from '@xir/kv4-core';
import { EventStreamParser } from './event-stream.ts';
import type { RestChannel, RestRequest } from './rest-channel.ts';
import { describe, scopeQuery, urlPath } from './rest-requests.ts';
import { retryPauseMs } from './retry-pause.ts';
import { readWatchEvent } from './watch-event.ts';

/** Time and chance of a watch, handed in. Milliseconds. */
export interface WatchTiming {
  /** Silence after which a stream counts as dead. */
  readonly silenceMs: number;
  /** Longest wait between two attempts to resume. */
  readonly maxRetryMs: number;
  /** Resolves after so long, or when the signal is aborted. */
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<void>;
  /** A number in `[0, 1)`. */
  readonly random: () => number;
}

/** What is followed, and how. */
export interface WatchJob {
  readonly scope: WatchScope;
  readonly options: WatchOptions;
  readonly timing: WatchTiming;
}

/** Where the events of a watch come from. */
export interface WatchSource {
  /** The signal that ends with the client. */
  readonly closed: AbortSignal;
  /** One connection: `open` once it stands, then events until it ends. Throws `Kv4Error`. */
  open(state: WatchState): AsyncGenerator<WatchEvent | 'open', void, undefined>;
}

const NO_POSITION = '-';
const RETRIED: ReadonlySet<unknown> = new Set(['KV4_UNAVAILABLE', 'KV4_BUSY', 'KV4_FRESHNESS_UNPROVED']);

/**
 * Follows a watch, and resumes it behind the last event when the stream breaks. The first connection must succeed; from then on
 * it is tried again with growing pauses (full jitter). A stream that broke among initial values begins again with `reset` (`resync`), since
 * those have no position to resume from.
 */
export async function* followWatch(source: WatchSource, { options, timing }: WatchJob): AsyncGenerator<WatchEvent, void, undefined> {
  let after = options.after;
  // Whether values are owed, so that a break cannot be resumed without a gap.
  let initial = options.after === undefined && options.initial !== false;
  let connected = false;
  let attempts = 0;
  const ended = () => options.signal?.aborted === true;
  while (!ended()) {
    try {
      for await (const event of source.open({ after, initial })) {
        if (ended()) return;
        if (event === 'open') {
          if (connected && initial) yield { type: 'reset', reason: 'resync', position: after ?? '' };
          connected = true;
          continue;
        }
        attempts = 0;
        if (event.type === 'reset') initial = true;
        if (event.type === 'end-of-initial') initial = false;
        if (!initial) after = event.position;
        yield event;
        if (event.type === 'reset' && event.reason === 'slow-consumer') return;
      }
    } catch (error) {
      if (ended()) return;
      if (!connected || !(error instanceof Kv4Error) || !RETRIED.has(error.code)) throw error;
    }
    if (initial) after = undefined;
    attempts += 1;
    const signals = [source.closed, options.signal].filter((signal) => signal !== undefined);
    await timing.wait(retryPauseMs(timing, attempts), AbortSignal.any(signals));
    if (source.closed.aborted && !ended()) throw new Kv4Error('KV4_CLOSED', 'watch: the client is closed');
  }
}

/** What a watch goes on from. */
export interface WatchState {
  readonly after: string | undefined;
  readonly initial: boolean;
}

/** A watch over server-sent events. */
export function restWatchSource(channel: RestChannel, { scope, options, timing }: WatchJob): WatchSource {
  return { closed: channel.closed, open: (state) => openStream(channel, watchRequest(scope, options, state), timing) };
}

function watchRequest(scope: WatchScope, options: WatchOptions, { after, initial }: WatchState): RestRequest {
  const address = scope.type === 'layer' ? { bucket: scope.bucket, layer: scope.layer, path: '/' } : scope.address;
  return {
    method: 'GET',
    path: urlPath('_data', address),
    query: {
      ...scopeQuery(address),
      watch: 1,
      k: scope.type === 'key' ? scope.address.key : undefined,
      tree: scope.type === 'subtree' ? 1 : undefined,
      scope: scope.type === 'layer' ? 'layer' : undefined,
      // An empty position would count as none given.
      after: after === '' ? NO_POSITION : after,
      initial: after === undefined && !initial ? 0 : undefined,
      latest: options.latestOnly === true ? 1 : undefined,
      history: options.history === true ? 1 : undefined,
    },
    signal: options.signal,
    doing: describe('watch', address),
  };
}

async function* openStream(channel: RestChannel, request: RestRequest, timing: WatchTiming): AsyncGenerator<WatchEvent | 'open', void, undefined> {
  const leaving = new AbortController();
  const signal = request.signal === undefined ? leaving.signal : AbortSignal.any([request.signal, leaving.signal]);
  const response = await channel.stream({ ...request, signal }, 'text/event-stream');
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const parser = new EventStreamParser();
  // The parser takes the byte order mark away, and one only.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  try {
    yield 'open';
    for (;;) {
      const piece = await readWithin(reader, { channel, request, timing });
      if (piece === undefined) return;
      for (const event of parser.read(decoder.decode(piece, { stream: true }))) {
        const parsed = readWatchEvent(event);
        if (parsed !== undefined) yield parsed;
      }
    }
  } finally {
    leaving.abort();
    // The connection is given up in any case; why it may already be broken does not matter any more.
    await reader.cancel().catch(() => undefined);
  }
}

interface ReadContext {
  readonly channel: RestChannel;
  readonly request: RestRequest;
  readonly timing: WatchTiming;
}

/** The next piece of a stream, `undefined` at its end. Throws `KV4_UNAVAILABLE` when it breaks or is silent for too long, `KV4_CLOSED` after `close`. */
async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, { channel, request, timing }: ReadContext): Promise<Uint8Array | undefined> {
  const read = new AbortController();
  const silence = timing.wait(timing.silenceMs, read.signal).then(() => {
    if (read.signal.aborted) return undefined;
    throw new Kv4Error('KV4_UNAVAILABLE', `${request.doing}: the stream was silent for ${timing.silenceMs} ms`);
  });
  try {
    const next = reader.read();
    const result = await Promise.race([next, silence.then(() => next)]);
    return result.done ? undefined : result.value;
  } catch (error) {
    if (channel.closed.aborted) throw new Kv4Error('KV4_CLOSED', `${request.doing}: the client is closed`);
    if (error instanceof Kv4Error) throw error;
    throw new Kv4Error('KV4_UNAVAILABLE', `${request.doing}: the stream broke`, { cause: error });
  } finally {
    read.abort();
  }
}
