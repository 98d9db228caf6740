import { once } from 'node:events';

import { WebSocket } from 'ws';

/** What a load run is made of. */
export interface SocketLoadOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Requests that a connection sends at once, and waits for, before it sends the next. */
  readonly pipeline: number;
  readonly durationMs: number;
  readonly request: (id: number) => string;
  /** Something every answer must contain. */
  readonly mustContain: string;
}

/** What a load run saw. */
export interface SocketLoadResult {
  readonly requests: number;
  /** Milliseconds from the sending of a pipeline to its last answer, sorted ascending. */
  readonly latenciesMs: readonly number[];
}

/** Keeps each connection busy with one pipeline of requests at a time. */
export async function runSocketLoad(options: SocketLoadOptions): Promise<SocketLoadResult> {
  const latenciesMs: number[] = [];
  const untilMs = performance.now() + options.durationMs;
  await Promise.all(Array.from({ length: options.connections }, () => drive(options, untilMs, (latencyMs) => latenciesMs.push(latencyMs))));
  return { requests: latenciesMs.length * options.pipeline, latenciesMs: latenciesMs.sort((a, b) => a - b) };
}

async function drive({ url, headers, pipeline, request, mustContain }: SocketLoadOptions, untilMs: number, seen: (latencyMs: number) => void): Promise<void> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false });
  await once(socket, 'open');
  await new Promise<void>((resolve, reject) => {
    let id = 0;
    let waiting = 0;
    let sentMs = 0;
    const send = (): void => {
      sentMs = performance.now();
      if (sentMs >= untilMs) return resolve();
      waiting = pipeline;
      for (let count = 0; count < pipeline; count++) socket.send(request((id += 1)));
    };
    socket.on('message', (data: Buffer) => {
      if (!data.includes(mustContain)) return reject(new Error(`unexpected answer: ${data.toString().slice(0, 500)}`));
      waiting -= 1;
      if (waiting > 0) return;
      seen(performance.now() - sentMs);
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection in the middle of the run')));
    send();
  });
  socket.removeAllListeners('close');
  socket.terminate();
}
