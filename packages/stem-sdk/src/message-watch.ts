import { Kv4Error, type WatchEvent, type WatchOptions, type WatchResetReason, type WatchScope } from '@xir/kv4-core';

import type { WatchSource, WatchState } from './remote-watch.ts';
import { placed, recordOf, textOf, versionOf, type Fields } from './message-answer.ts';
import { errorOfMessage } from './message-error.ts';
import type { MessageChannel, MessageLine } from './message-channel.ts';

/** Events that a neuron may send ahead; half of them are granted anew at a time. Who sends more than twice as many is no neuron. */
const CREDIT_EVENTS = 256;

/** A watch over a connection. */
export function messageWatchSource(channel: MessageChannel, scope: WatchScope, options: WatchOptions): WatchSource {
  return { closed: channel.closed, open: (state) => follow({ channel, scope, options }, state) };
}

interface Job {
  readonly channel: MessageChannel;
  readonly scope: WatchScope;
  readonly options: WatchOptions;
}

async function* follow({ channel, scope, options }: Job, state: WatchState): AsyncGenerator<WatchEvent | 'open', void, undefined> {
  const line = await channel.open('watch');
  const queue = new EventQueue();
  const message = watchMessage(scope, options, state);
  const { signal } = options;
  const take = (event: Fields) => {
    queue.push(event);
    if (queue.length > 2 * CREDIT_EVENTS) line.close();
  };
  const id = line.watch(message, { event: take, lost: () => queue.push('lost') });
  const leave = () => queue.push('lost');
  const staying = channel.onClose(leave);
  signal?.addEventListener('abort', leave);
  const unanswered = setTimeout(() => queue.push('late'), channel.requestTimeoutMs);
  let credit = CREDIT_EVENTS;
  try {
    for (;;) {
      const event = queue.take() ?? (await queue.next());
      if (event === 'lost' || event === 'late') {
        if (channel.closed.aborted || signal?.aborted === true) return;
        throw new Kv4Error('KV4_UNAVAILABLE', event === 'lost' ? 'watch: the connection broke' : 'watch: no answer in time');
      }
      if (event['event'] === undefined) {
        clearTimeout(unanswered);
        if (event['error'] !== undefined) throw errorOfMessage(event['error'], 'watch');
        yield 'open';
        continue;
      }
      if (event['event'] === 'end') {
        if (event['error'] !== undefined) throw errorOfMessage(event['error'], 'watch');
        return;
      }
      credit = topUp(line, id, credit - 1);
      yield eventOf(event, scope);
    }
  } finally {
    clearTimeout(unanswered);
    staying();
    signal?.removeEventListener('abort', leave);
    line.unwatch(id);
  }
}

function topUp(line: MessageLine, watch: number, credit: number): number {
  if (credit > CREDIT_EVENTS / 2) return credit;
  line.grant(watch, CREDIT_EVENTS - credit);
  return CREDIT_EVENTS;
}

function watchMessage(scope: WatchScope, options: WatchOptions, { after, initial }: WatchState): Fields & { readonly op: string } {
  const { latestOnly, history } = options;
  const where =
    scope.type === 'layer'
      ? { scope: 'layer', bucket: scope.bucket, layer: scope.layer }
      : { scope: scope.type === 'subtree' ? 'tree' : scope.type, ...scope.address };
  return { op: 'watch', ...where, initial, after, latestOnly, history, credit: CREDIT_EVENTS };
}

function eventOf(event: Fields, scope: WatchScope): WatchEvent {
  const position = textOf(event['position']);
  const asked = scope.type === 'layer' ? { bucket: scope.bucket, layer: scope.layer, path: '/' } : scope.address;
  const previous = event['previous'] === undefined ? {} : { previous: recordOf(event['previous'], asked) };
  switch (event['event']) {
    case 'put':
      return { type: 'put', position, record: recordOf(event['record'], asked), ...previous };
    case 'delete':
      return { type: 'delete', position, address: placed(event, asked), ...(event['version'] === undefined ? {} : { version: versionOf(event) }), ...previous };
    case 'end-of-initial':
      return { type: 'end-of-initial', position };
    default:
      // A kind that is not known may be anything: what was told is forgotten.
      return { type: 'reset', position, reason: (event['reason'] as WatchResetReason | undefined) ?? 'resync' };
  }
}

/** An event, that there will be none any more, or that there was no answer. */
type Queued = Fields | 'lost' | 'late';

/** Events between the connection and who takes them; what was granted bounds it. */
class EventQueue {
  readonly #events: Queued[] = [];
  #wake: ((event: Queued) => void) | undefined;

  get length(): number {
    return this.#events.length;
  }

  push(event: Queued): void {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake === undefined) this.#events.push(event);
    else wake(event);
  }

  take(): Queued | undefined {
    return this.#events.shift();
  }

  next(): Promise<Queued> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
