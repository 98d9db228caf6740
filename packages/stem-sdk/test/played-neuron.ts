import { connect, type Fetch, type SocketLike, type StemClient, type TcpLike } from '@xir/stem-sdk';

/** What becomes of a connection: pieces that are sent one after the other, and then its end, if there is one. */
export interface Played {
  readonly pieces: Iterable<string>;
  readonly ends: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plays a neuron: gives what is sent for a request. The request is the text of a message, of a command, or a URL. */
export type Play = (request: string) => Played;

/** Limits of a played neuron's client. */
export interface PlayedOptions {
  readonly play: Play;
  readonly maxAnswerBytes?: number;
  readonly requestTimeoutMs?: number;
}

const credentials = { account: '$sys', secret: 'never shown' };

/** Sends pieces, each in a turn of its own, so that a client that gives up is heard. */
async function send({ pieces, ends }: Played, line: { say(piece: string): void; end(): void; readonly isOver: boolean }): Promise<void> {
  for (const piece of pieces) {
    if (line.isOver) return;
    line.say(piece);
    await Promise.resolve();
  }
  if (ends) line.end();
}

/** One that is spoken to over HTTP. */
export function httpClient({ play, ...limits }: PlayedOptions): StemClient {
  const encoder = new TextEncoder();
  const fetch: Fetch = async (url, init) => {
    const { pieces, ends, headers = {} } = play(url);
    const parts = pieces[Symbol.iterator]();
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason));
        },
        pull(controller) {
          const { value, done } = parts.next();
          if (done !== true) controller.enqueue(encoder.encode(value));
          else if (ends) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers });
  };
  return connect('http://neuron', { credentials, fetch, random: () => 0, watchMaxRetryMs: 1, ...limits });
}

/** One that is spoken to over a WebSocket; requests are answered with `{"id":…,` and what is played behind it. */
export function socketClient({ play, ...limits }: PlayedOptions): StemClient {
  const webSocket = (): SocketLike => {
    const listeners: Array<{ readonly type: string; readonly listener: (event: { readonly data: unknown }) => void }> = [];
    const tell = (kind: string, data?: string) => listeners.filter(({ type }) => type === kind).forEach(({ listener }) => listener({ data }));
    const line = { isOver: false, say: (data: string) => tell('message', data), end: () => tell('close') };
    queueMicrotask(() => tell('open'));
    return {
      addEventListener: (type: string, listener: (event: { readonly data: unknown }) => void) => void listeners.push({ type, listener }),
      close() {
        line.isOver = true;
        tell('close');
      },
      send(text: string) {
        const { id, op } = JSON.parse(text) as { id: number; op: string };
        queueMicrotask(() => (op === 'login' ? tell('message', JSON.stringify({ id, result: {} })) : op === 'stop' || op === 'credit' ? undefined : void send(play(text), line)));
      },
    };
  };
  return connect('ws://neuron', { credentials, webSocket, random: () => 0, watchMaxRetryMs: 1, ...limits });
}

/** One that is spoken to over TCP. Pieces are byte text. */
export function tcpClient({ play, ...limits }: PlayedOptions): StemClient {
  const tcp = (): TcpLike => {
    const listeners = new Map<string, (bytes: string) => void>();
    const line = { isOver: false, say: (bytes: string) => listeners.get('data')?.(bytes), end: () => listeners.get('close')?.('') };
    return {
      setEncoding: () => undefined,
      on: (event: string, listener: (bytes: string) => void) => listeners.set(event, listener),
      destroy: () => void (line.isOver = true),
      write: (text: string) => queueMicrotask(() => (text.includes('HELLO') ? line.say('%0\r\n') : /KV4\.(?:UNWATCH|CREDIT)/.test(text) ? line.say(':1\r\n') : void send(play(text), line))),
    };
  };
  return connect('redis://neuron', { credentials, tcp, random: () => 0, watchMaxRetryMs: 1, ...limits });
}
