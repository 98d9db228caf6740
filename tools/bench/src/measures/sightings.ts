import { WebSocket } from 'ws';

import { readLines } from '../load/line-reader.ts';
import { pollGet } from '../load/polled-get.ts';
import { getRequest, SYSTEM_LOGIN } from '../rest-request.ts';
import type { NeuronProcess } from '../servers/neuron.ts';
import type { Neurons } from './neurons.ts';

/** Pause between two puts, in milliseconds: well below what any part can carry, so that nothing queues. */
const PACE_MS = 8;
const KEY = 'bench-mark';
const PATH = '/_data/bench/mark';
const LOGIN = { authorization: SYSTEM_LOGIN };
/** For the readers to stand before the first write. */
const SETTLE_MS = 1000;

/** Milliseconds from the start of each put, write by write: to its acknowledgement, and to its being seen by each reader. */
export interface Sightings {
  readonly acknowledged: readonly number[];
  readonly raw: readonly number[];
  readonly read: readonly number[];
  readonly watched: readonly number[];
  readonly watchedOverWebSocket: readonly number[];
}

/** What is done in turn with the writes. */
export interface SightingOptions {
  readonly count: number;
  /** Behind each write, while nothing of it is under way any more. */
  readonly between?: (n: number) => Promise<void>;
  readonly progress: (n: number) => void;
}

/** Writes one key on neuron A again and again, and notes when each write is seen on neuron B and by a raw reader. */
export async function sightings({ a, b, server, database }: Neurons, { count, between, progress }: SightingOptions): Promise<Sightings> {
  const stop = new AbortController();
  const [raw, watched, socketWatched, read, acknowledged] = [new Marks(), new Marks(), new Marks(), new Marks(), new Marks()];
  await put(a, -1);
  const readers = [
    readLines(`${server.origin}/${database}/_changes?feed=continuous&since=now&include_docs=true&heartbeat=5000`, { headers: server.headers, signal: stop.signal, seen: (line) => raw.note(line) }),
    readLines(`http://127.0.0.1:${b.restPort}${PATH}?watch=1`, { headers: { ...LOGIN, accept: 'text/event-stream' }, signal: stop.signal, seen: (line) => watched.note(line) }),
  ];
  for (const reader of readers) reader.catch(() => undefined);
  const socket = await watchOverWebSocket(b, (text) => socketWatched.note(text));
  try {
    using polled = await pollGet(b.restPort, getRequest(`${PATH}?k=${KEY}`));
    const startedMs: number[] = [];
    await pause(SETTLE_MS);
    for (let n = 0; n < count; n += 1) {
      if (n % 200 === 0) progress(n);
      startedMs.push(performance.now());
      const [readMs] = await Promise.all([polled.until(`[[${n}]]`), put(a, n).then((atMs) => acknowledged.set(n, atMs))]);
      read.set(n, readMs);
      await pause(PACE_MS);
      await between?.(n);
    }
    await pause(PACE_MS * 10);
    return {
      acknowledged: acknowledged.since(startedMs, 'its writer'),
      raw: raw.since(startedMs, 'the raw reader'),
      read: read.since(startedMs, 'the cached GET'),
      watched: watched.since(startedMs, 'the watcher'),
      watchedOverWebSocket: socketWatched.since(startedMs, 'the watcher over a WebSocket'),
    };
  } finally {
    stop.abort();
    socket.terminate();
    await Promise.allSettled(readers);
  }
}

/** Moments of numbered writes: a value carries its number in double brackets. */
export class Marks {
  readonly #atMs = new Map<number, number>();

  /** Notes the write whose number a text carries, the first time. */
  note(text: string): void {
    const match = /\[\[(\d+)\]\]/.exec(text);
    if (match !== null && !this.#atMs.has(Number(match[1]))) this.#atMs.set(Number(match[1]), performance.now());
  }

  set(n: number, atMs: number): void {
    this.#atMs.set(n, atMs);
  }

  has(n: number): boolean {
    return this.#atMs.has(n);
  }

  /** When a write was noted; throws where it was not. */
  at(n: number): number {
    const atMs = this.#atMs.get(n);
    if (atMs === undefined) throw new Error(`write ${n} was not seen`);
    return atMs;
  }

  /** Milliseconds from each start to the moment noted; throws where none was. */
  since(startedMs: readonly number[], reader: string): number[] {
    return startedMs.map((fromMs, n) => {
      const atMs = this.#atMs.get(n);
      if (atMs === undefined) throw new Error(`write ${n} of ${startedMs.length} was not seen by ${reader}`);
      return atMs - fromMs;
    });
  }
}

/** The text of the n-th value. */
export function markOf(n: number): string {
  return `[[${n}]]`;
}

/** Puts the n-th value on a neuron; resolves to the moment of its acknowledgement. */
export async function put(neuron: NeuronProcess, n: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${neuron.restPort}${PATH}?_ver_=_splat_`, {
    method: 'PUT',
    headers: { ...LOGIN, 'content-type': 'application/json' },
    body: JSON.stringify({ k: KEY, v: markOf(n) }),
  });
  const text = await answer.text();
  const atMs = performance.now();
  if (!text.includes('"s":"ok"')) throw new Error(`the value could not be stored: ${text.slice(0, 300)}`);
  return atMs;
}

/** Watches what is put, over a WebSocket; resolves when the watch stands. */
export async function watchOverWebSocket(neuron: NeuronProcess, seen: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(neuron.webSocketUrl, { headers: LOGIN, perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send('{"id":1,"op":"watch","scope":"path","path":"/bench/mark","credit":100000}'));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.includes('"error"')) reject(new Error(`the watch was refused: ${text}`));
      seen(text);
      resolve();
    });
  });
  return socket;
}

/** Waits. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
