import type { LoadResult } from './http-load.ts';
import { openNats } from './nats-connection.ts';

/** What a load run is made of. */
export interface NatsLoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Subject and payload of the n-th request. */
  readonly request: (n: number) => readonly [subject: string, payload: string];
  /** Something every answer's payload must contain. */
  readonly mustContain: string;
}

/** Keeps each connection busy with one request at a time. */
export async function runNatsLoad({ port, connections, durationMs, request, mustContain }: NatsLoadOptions): Promise<LoadResult> {
  const opened = await Promise.all(Array.from({ length: connections }, () => openNats(port)));
  const latenciesMs: number[] = [];
  let sent = 0;
  const startedMs = performance.now();
  const drive = async (connection: (typeof opened)[number]): Promise<void> => {
    for (let sentMs = startedMs; sentMs - startedMs < durationMs; ) {
      const { header, payload } = await connection.request(...request((sent += 1)));
      if (!payload.includes(mustContain)) throw new Error(`unexpected answer: ${header} ${payload.slice(0, 300)}`);
      const nowMs = performance.now();
      latenciesMs.push(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  try {
    await Promise.all(opened.map(drive));
    return { requests: latenciesMs.length, seconds: (performance.now() - startedMs) / 1000, latenciesMs: latenciesMs.sort((a, b) => a - b) };
  } finally {
    for (const connection of opened) connection[Symbol.dispose]();
  }
}
