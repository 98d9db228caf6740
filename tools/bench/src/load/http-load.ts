import { connect, type Socket } from 'node:net';

/** What a load run is made of. */
export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  /** How long requests are sent, in milliseconds. */
  readonly durationMs: number;
  /** The whole text of the n-th request, headers and body. */
  readonly request: (n: number) => string;
  /** The statuses that count as answered; anything else ends the run with an error. */
  readonly statuses: readonly number[];
  /** Something every answer's body must contain, so that an error envelope is not counted as a success. */
  readonly bodyMustContain?: string;
}

/** What a load run saw. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Latency of each request in milliseconds, sorted ascending. */
  readonly latenciesMs: readonly number[];
}

/**
 * Keeps each connection busy with one request at a time over a raw socket, so that the load costs the client little.
 * Answers must carry `content-length`.
 */
export async function runHttpLoad(options: LoadOptions): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  let sent = 0;
  const startedMs = performance.now();
  const untilMs = startedMs + options.durationMs;
  const one = (): Promise<void> =>
    driveConnection(options, untilMs, () => sent++, (latencyMs) => latenciesMs.push(latencyMs));
  await Promise.all(Array.from({ length: options.connections }, one));
  const seconds = (performance.now() - startedMs) / 1000;
  return { requests: latenciesMs.length, seconds, latenciesMs: latenciesMs.sort((a, b) => a - b) };
}

async function driveConnection(options: LoadOptions, untilMs: number, next: () => number, seen: (latencyMs: number) => void): Promise<void> {
  const socket = connect({ host: options.host, port: options.port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    let buffered = '';
    let sentMs = 0;
    const send = (): void => {
      sentMs = performance.now();
      if (sentMs >= untilMs) {
        finish(socket, resolve);
        return;
      }
      socket.write(options.request(next()));
    };
    socket.setEncoding('latin1');
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection in the middle of the run')));
    socket.on('data', (chunk: string) => {
      buffered = buffered === '' ? chunk : buffered + chunk;
      const length = answerLength(buffered);
      if (length === undefined || buffered.length < length) return;
      const problem = checkAnswer(buffered, options);
      if (problem !== undefined) {
        reject(new Error(problem));
        socket.destroy();
        return;
      }
      seen(performance.now() - sentMs);
      buffered = buffered.slice(length);
      send();
    });
  });
}

function finish(socket: Socket, resolve: () => void): void {
  socket.removeAllListeners('close');
  socket.end();
  resolve();
}

function answerLength(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const match = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head));
  if (match === null) throw new Error(`an answer has no content-length:\n${text.slice(0, head)}`);
  return head + 4 + Number(match[1]);
}

function checkAnswer(text: string, options: LoadOptions): string | undefined {
  const status = Number(text.slice(9, 12));
  if (!options.statuses.includes(status)) return `unexpected answer: ${text.slice(0, 500)}`;
  if (options.bodyMustContain !== undefined && !text.includes(options.bodyMustContain)) return `unexpected body: ${text.slice(0, 800)}`;
  return undefined;
}
