import { EMPTY_HISTORY_POSITION, type ListenRequest, type Listening, type Router } from '@xir/router';
import type { TextEvent } from '@xir/rest';

import { toServiceError } from './errors.ts';
import { eventLines } from './event-lines.ts';
import { EventQueue, type EventQueueOptions } from './event-queue.ts';
import { messageText } from './message-text.ts';

/** How a listener is told. */
export interface ListenEventsOptions extends EventQueueOptions {
  readonly signal: AbortSignal;
  /** The neuron serves nobody any more: the listener is told so, and ends. */
  readonly away: AbortSignal;
}

/**
 * What is heard at a place, as server-sent events: what was missed, `listening`, then what comes. Listening begins at this call. Throws `ServiceError`.
 */
export function listenEvents(router: Router, request: ListenRequest, { signal, away, ...options }: ListenEventsOptions): AsyncIterable<TextEvent> {
  let isCut = false;
  const onCut = () => {
    isCut = true;
    listening.stop();
    options.onCut();
  };
  const queue = new EventQueue({ ...options, onCut });
  let newest = EMPTY_HISTORY_POSITION;
  const receiver = {
    deliver: (message: Parameters<typeof messageText>[0], onWritten?: (written: boolean) => void) => {
      const { position, user, event } = message;
      if (position !== undefined && position > newest) newest = position;
      queue.push({ text: eventLines(messageText(message), { event: 'message', id: position }), key: `${message.channel.path}\n${user}/${event}`, onWritten });
    },
    missed: () => queue.push({ text: eventLines('{}', { event: 'missed' }) }),
    end: () => queue.end(),
  };
  let listening: Listening;
  try {
    listening = router.listen(request, receiver);
  } catch (error) {
    throw toServiceError(error);
  }
  // Also where nothing can be told any more.
  signal.addEventListener('abort', () => listening.stop(), { once: true });
  const leave = () => {
    listening.stop();
    queue.push({ text: eventLines('{"reason":"closed"}', { event: 'end' }) });
    queue.end();
  };
  away.addEventListener('abort', leave, { once: true });
  const begun = begin(listening, queue, () => newest);
  return (async function* told(): AsyncGenerator<TextEvent> {
    try {
      while (!signal.aborted) {
        await queue.filled(signal);
        for (const event of queue.take()) yield event.onWritten === undefined ? { text: event.text } : { text: event.text, onWritten: event.onWritten };
        if (!queue.isEnded || !queue.isEmpty) continue;
        if (isCut) yield { text: eventLines('{"reason":"slow-reader"}', { event: 'end' }), isCut: true };
        return;
      }
    } finally {
      away.removeEventListener('abort', leave);
      listening.stop();
      queue.end();
      queue.clear();
      await begun;
    }
  })();
}

async function begin(listening: Listening, queue: EventQueue, newest: () => string): Promise<void> {
  const recovery = await listening.recovery;
  await listening.stored();
  const { recovered = null, position = null } = recovery ?? {};
  // An empty history has a position too: who comes back with it has missed what is there then.
  const id = recovery === undefined ? undefined : position !== null && position > newest() ? position : newest();
  queue.push({ text: eventLines(JSON.stringify({ recovered, position }), { event: 'listening', id }) });
}
