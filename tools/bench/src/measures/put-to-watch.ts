import { readLines } from '../load/line-reader.ts';
import { openNats } from '../load/nats-connection.ts';
import { base64, etcdCall } from '../servers/etcd.ts';
import { natsSubject, watchNats } from '../servers/nats.ts';
import type { Neurons } from './neurons.ts';
import { markOf, Marks } from './sightings.ts';

/** A server that is written to and watched, one write at a time. */
export interface PutToWatch extends AsyncDisposable {
  /** Writes, and waits until the write is acknowledged and seen. */
  write(n: number): Promise<void>;
  /** Milliseconds from the start of each put: to its acknowledgement, and to its being seen. */
  times(): { readonly acknowledged: readonly number[]; readonly watched: readonly number[] };
}

const KEY = 'bench-mark';
const LOOK_MS = 5000;

/** Puts to etcd over its HTTP gateway, watched over the same. */
export async function etcdPutToWatch(port: number): Promise<PutToWatch> {
  const stop = new AbortController();
  const noted = new Noted();
  const reading = readLines(`http://127.0.0.1:${port}/v3/watch`, { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ create_request: { key: base64(KEY) } }), signal: stop.signal, seen: (line) => noted.seen(etcdValues(line)) });
  reading.catch(() => undefined);
  return noted.asPutToWatch({
    put: async (value) => {
      const answer = await etcdCall(port, 'kv/put', { key: base64(KEY), value: base64(value) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`etcd refused a put: ${text}`);
    },
    close: async () => {
      stop.abort();
      await Promise.allSettled([reading]);
    },
  });
}

/** The values that a line of etcd's watch tells. */
export function etcdValues(line: string): string {
  if (!line.includes('"events"')) return '';
  const { result } = JSON.parse(line) as { readonly result: { readonly events: readonly { readonly kv: { readonly value: string } }[] } };
  return result.events.map(({ kv }) => Buffer.from(kv.value, 'base64').toString()).join('\n');
}

/** Puts to a bucket of NATS, watched by a consumer on another connection. */
export async function natsPutToWatch(port: number): Promise<PutToWatch> {
  const noted = new Noted();
  const [writer, watcher] = [await openNats(port), await openNats(port)];
  await watchNats(watcher, KEY, (value) => noted.seen(value));
  return noted.asPutToWatch({
    put: async (value) => {
      const { payload } = await writer.request(natsSubject(KEY), value);
      if (!payload.includes('"seq"')) throw new Error(`NATS refused a put: ${payload}`);
    },
    close: () => {
      for (const connection of [writer, watcher]) connection[Symbol.dispose]();
      return Promise.resolve();
    },
  });
}

/** What the database itself takes to commit a document of the same size: its own PUT, in a database of its own. */
export async function databaseCommits({ server, database }: Pick<Neurons, 'server' | 'database'>): Promise<{ write(n: number): Promise<void>; readonly tookMs: readonly number[] } & AsyncDisposable> {
  const target = `${server.origin}/${database}-commits`;
  const call = async (path: string, method: string, body?: string): Promise<void> => {
    const answer = await fetch(`${target}${path}`, { method, headers: { ...server.headers, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the database answered ${answer.status}: ${text}`);
  };
  await call('', 'PUT');
  const tookMs: number[] = [];
  return {
    tookMs,
    async write(n) {
      const fromMs = performance.now();
      await call(`/mark-${n}`, 'PUT', JSON.stringify({ v: markOf(n), by: '$sys' }));
      tookMs.push(performance.now() - fromMs);
    },
    [Symbol.asyncDispose]: () => call('', 'DELETE'),
  };
}

class Noted {
  readonly #startedMs: number[] = [];
  readonly #acknowledged = new Marks();
  readonly #watched = new Marks();
  #wake: () => void = () => undefined;

  seen(text: string): void {
    this.#watched.note(text);
    this.#wake();
  }

  asPutToWatch({ put, close }: { readonly put: (value: string) => Promise<void>; readonly close: () => Promise<void> }): PutToWatch {
    return {
      write: async (n) => {
        this.#startedMs.push(performance.now());
        await put(markOf(n));
        this.#acknowledged.set(n, performance.now());
        await this.#until(n);
      },
      times: () => ({ acknowledged: this.#acknowledged.since(this.#startedMs, 'its writer'), watched: this.#watched.since(this.#startedMs, 'its watcher') }),
      [Symbol.asyncDispose]: close,
    };
  }

  async #until(n: number): Promise<void> {
    const lastMs = performance.now() + LOOK_MS;
    while (!this.#watched.has(n)) {
      if (performance.now() > lastMs) throw new Error(`write ${n} was not seen by its watcher`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
