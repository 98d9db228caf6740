import type { Datum } from './client.ts';
import type { WatchedEvent, WatchHistory } from './history.ts';
import { keyName, keysAt } from './key-space.ts';
import type { Neuron } from './processes/neuron.ts';
import type { Recorder } from './recorder.ts';
import { LOGIN } from './rest-connection.ts';
import type { SeededRandom } from './seeded-random.ts';
import { EventReader, type ServerSentEvent } from './server-sent-events.ts';

/** What a watch covers and how. */
export interface WatchPlan {
  readonly name: string;
  readonly mode: WatchHistory['mode'];
  readonly layer: string;
  readonly path: string;
  /** One key, everything at the path, or everything beneath it too. */
  readonly scope: 'key' | 'path' | 'tree' | 'layer';
  readonly key?: string;
}

/** What a watcher works with. */
export interface WatcherOptions {
  readonly plan: WatchPlan;
  readonly neurons: readonly Neuron[];
  readonly random: SeededRandom;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
}

/** Milliseconds without a byte after which a watcher goes to another neuron; comments come every 15 s. */
const SILENCE_MS = 20_000;
/** A watcher leaves by itself at this chance per event, to resume elsewhere. */
const LEAVE_CHANCE = 0.01;

/** Follows a part of the memory over server-sent events, resuming on whatever neuron runs. */
export class Watcher {
  readonly events: WatchedEvent[] = [];
  readonly #options: WatcherOptions;
  #lastId: string | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** What was watched, and what came. */
  history(): WatchHistory {
    const { name, mode, layer, path, scope, key } = this.#options.plan;
    const covered = scope === 'layer' ? keysAt(layer, '/', true) : keysAt(layer, path, scope === 'tree').filter((test) => key === undefined || test.key === key);
    return { name, mode, keys: covered.map((test) => test.name), events: this.events };
  }

  /** Watches until the signal. */
  async run(): Promise<void> {
    const { neurons, random, recorder, signal } = this.#options;
    while (!signal.aborted) {
      const neuron = random.pick(neurons);
      if (neuron.ready) {
        try {
          await this.#connect(neuron);
        } catch (error) {
          if (!signal.aborted) recorder.failure(`watch: ${error instanceof Error ? error.name : 'failed'}`);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #connect(neuron: Neuron): Promise<void> {
    const { plan, random, recorder, signal } = this.#options;
    const identity = neuron.identity;
    using leaving = leaver(signal);
    const response = await fetch(`${neuron.restUrl}${targetOf(plan)}`, {
      headers: { authorization: LOGIN, ...(this.#lastId === undefined ? {} : { 'last-event-id': this.#lastId }) },
      signal: leaving.signal,
    });
    if (response.body === null || response.headers.get('content-type') !== 'text/event-stream') {
      recorder.failure(`watch: ${await response.text()}`);
      return;
    }
    this.events.push({ type: 'connected', atMs: recorder.now(), neuron: identity });
    const reader = new EventReader();
    const decoder = new TextDecoder();
    for await (const chunk of response.body) {
      leaving.restart();
      for (const event of reader.push(decoder.decode(chunk as Uint8Array, { stream: true }))) {
        this.#record(identity, event);
        if (random.next() < LEAVE_CHANCE) return;
      }
    }
  }

  #record(neuron: string, { id, event, data }: ServerSentEvent): void {
    const { recorder } = this.#options;
    const atMs = recorder.now();
    if (event === 'error') {
      recorder.failure(`watch: ${data}`);
      this.events.push({ type: 'error', atMs, neuron, reason: data });
      return;
    }
    this.#lastId = id;
    const value = JSON.parse(data) as Partial<Datum> & { reason?: string };
    const { l, p, k } = value;
    this.events.push({
      type: event as WatchedEvent['type'],
      atMs,
      neuron,
      id,
      ...(l === undefined || p === undefined || k === undefined ? {} : { key: keyName(l, p, k) }),
      ...(value._id === undefined ? {} : { version: value._id }),
      ...(value.reason === undefined ? {} : { reason: value.reason }),
    });
  }
}

/** Aborts on the outer signal, and when it was not restarted for {@link SILENCE_MS}. */
function leaver(outer: AbortSignal): Disposable & { readonly signal: AbortSignal; restart(): void } {
  const controller = new AbortController();
  const leave = () => controller.abort(outer.aborted ? outer.reason : new Error('silence'));
  let timer = setTimeout(leave, SILENCE_MS);
  outer.addEventListener('abort', leave, { once: true });
  return {
    signal: controller.signal,
    restart() {
      clearTimeout(timer);
      timer = setTimeout(leave, SILENCE_MS);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      outer.removeEventListener('abort', leave);
      controller.abort();
    },
  };
}

function targetOf({ mode, layer, path, scope, key }: WatchPlan): string {
  const parameters = new URLSearchParams({ watch: '1', l: layer });
  if (mode === 'latest') parameters.set('latest', '1');
  if (mode === 'history') parameters.set('history', '1');
  if (scope === 'tree') parameters.set('tree', '1');
  if (scope === 'layer') parameters.set('scope', 'layer');
  if (key !== undefined) parameters.set('k', key);
  return `/_data${path}?${parameters.toString()}`;
}
