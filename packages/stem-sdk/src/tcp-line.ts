import { RespErrorReply, RespPush, RespReplyParser, type RespReply } from '@xir/protocol/resp';

import { Heartbeat } from './heartbeat.ts';
import type { LoginSource } from './location.ts';
import { fieldsOf } from './message-answer.ts';
import { brokenRequest, errorOfMessage, unreadableAnswer } from './message-error.ts';
import type { Message, MessageLine, MessageRequest, WatchListener, Wire } from './message-channel.ts';
import { commandOf, commandText } from './tcp-command.ts';
import { errorBodyOf, jsonOf, resultOf } from './tcp-reply.ts';
import type { TcpFactory, TcpLike, TcpTarget } from './tcp-socket.ts';

/** How a TCP connection is opened. */
export interface TcpWireOptions {
  readonly target: TcpTarget;
  readonly credentials: LoginSource;
  readonly open: TcpFactory;
  /** Milliseconds of silence after which a connection counts as dead. */
  readonly silenceMs: number;
  /** Bytes of one answer. */
  readonly maxAnswerBytes: number;
}

/** Requests as they go over the Redis protocol. */
export function tcpWire(options: TcpWireOptions): Wire {
  return { encode: (message) => commandText(commandOf(message)), open: () => new TcpLine(options) };
}

/** Who waits for an answer. */
interface Waiting {
  answer(reply: RespReply): void;
  lost(): void;
}

interface Watch {
  readonly listener: WatchListener;
  /** The neuron's number for it, once it has answered. */
  number: number | undefined;
}

/** Events that may wait for the answers of their watches. */
const MAX_EARLY_EVENTS = 4096;

const IGNORED: Waiting = { answer: () => undefined, lost: () => undefined };

/** One TCP connection: answers come in the order of the requests, events apart from them. */
class TcpLine implements MessageLine {
  readonly #options: TcpWireOptions;
  readonly #socket: TcpLike;
  readonly #parser: RespReplyParser;
  readonly #heartbeat = new Heartbeat();
  readonly #waiting: Waiting[] = [];
  readonly #watches = new Map<number, Watch>();
  /** Events that came before the answer with their watch's number. */
  readonly #early = new Map<number, Array<Readonly<Record<string, unknown>>>>();
  #earlyEvents = 0;
  #lastWatch = 0;
  #unsent = '';
  isOver = false;

  constructor(options: TcpWireOptions) {
    this.#options = options;
    this.#parser = new RespReplyParser(options.maxAnswerBytes);
    this.#socket = options.open(options.target);
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('close', () => this.#lose());
    this.#socket.on('error', () => this.#lose());
  }

  async ready(doing: string): Promise<void> {
    const { credentials, silenceMs, target } = this.#options;
    const secret = 'token' in credentials ? await credentials.token() : credentials.secret;
    const request = { message: { op: 'login' }, writes: false, signal: undefined, doing };
    await new Promise<void>((resolve, reject) => {
      const lost = () => reject(brokenRequest(request, `the neuron at ${target.host}:${target.port} cannot be reached`));
      if (this.isOver) return lost();
      const answer = (reply: RespReply) => (reply instanceof RespErrorReply ? reject(errorOfMessage(errorBodyOf(reply.line), doing)) : resolve());
      this.#write(commandText(['HELLO', '3', 'AUTH', credentials.account, secret]), { answer, lost });
    });
    this.#heartbeat.start(silenceMs, { ask: () => this.#write(commandText(['PING']), IGNORED), giveUp: () => this.close() });
  }

  send(encoded: string, request: MessageRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.isOver) return reject(brokenRequest({ ...request, writes: false }, 'the connection broke'));
      this.#write(encoded, {
        answer: (reply) => {
          if (reply instanceof RespErrorReply) return reject(errorOfMessage(errorBodyOf(reply.line), request.doing));
          try {
            resolve(resultOf(request.message.op, reply));
          } catch (error) {
            reject(unreadableAnswer(request, error));
          }
        },
        lost: () => reject(brokenRequest(request, 'the connection broke')),
      });
    });
  }

  watch(message: Message, listener: WatchListener): number {
    this.#lastWatch += 1;
    const id = this.#lastWatch;
    const watch: Watch = { listener, number: undefined };
    this.#watches.set(id, watch);
    if (this.isOver) {
      this.#watches.delete(id);
      listener.lost();
      return id;
    }
    this.#write(commandText(commandOf(message)), { ...IGNORED, answer: (reply) => this.#begun(id, watch, reply) });
    return id;
  }

  grant(id: number, events: number): void {
    this.#tell(['KV4.CREDIT', String(this.#watches.get(id)?.number), String(events)]);
  }

  unwatch(id: number): void {
    const number = this.#watches.get(id)?.number;
    this.#watches.delete(id);
    if (number !== undefined) this.#tell(['KV4.UNWATCH', String(number)]);
  }

  close(): void {
    this.#socket.destroy();
    this.#lose();
  }

  #begun(id: number, watch: Watch, reply: RespReply): void {
    const { listener } = watch;
    if (typeof reply !== 'number') {
      this.#watches.delete(id);
      return listener.event({ error: errorBodyOf(reply instanceof RespErrorReply ? reply.line : '') });
    }
    const early = this.#early.get(reply) ?? [];
    this.#early.delete(reply);
    this.#earlyEvents -= early.length;
    // Left before it was begun.
    if (!this.#watches.has(id)) return this.#tell(['KV4.UNWATCH', String(reply)]);
    watch.number = reply;
    listener.event({ result: null });
    for (const event of early) listener.event(event);
  }

  #tell(words: readonly string[]): void {
    if (!this.isOver) this.#write(commandText(words), IGNORED);
  }

  /** What is asked in one turn goes out in one piece. */
  #write(text: string, waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#unsent === '') queueMicrotask(() => this.#flush());
    this.#unsent += text;
  }

  #flush(): void {
    const text = this.#unsent;
    this.#unsent = '';
    if (!this.isOver) this.#socket.write(text, 'utf8');
  }

  #receive(bytes: string): void {
    this.#heartbeat.noteHeard();
    this.#parser.push(bytes);
    for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) {
      if (reply instanceof RespPush) this.#told(reply.items);
      else this.#answered(reply);
    }
    if (this.#parser.problem !== undefined) this.close();
  }

  #answered(reply: RespReply): void {
    const waiting = this.#waiting.shift();
    // An answer that nobody asked for: which of the later ones is whose cannot be known any more.
    if (waiting === undefined) this.close();
    else waiting.answer(reply);
  }

  /** `kv4.watch`, the number, and an event as JSON; or `error` and why the watch has ended. */
  #told([kind, number, text, line]: readonly RespReply[]): void {
    if (kind !== 'kv4.watch' || typeof number !== 'number' || typeof text !== 'string') return;
    const event = typeof line === 'string' ? { event: 'end', error: errorBodyOf(line) } : this.#eventOf(text);
    if (event === undefined) return this.close();
    for (const watch of this.#watches.values()) if (watch.number === number) return watch.listener.event(event);
    if (![...this.#watches.values()].some((watch) => watch.number === undefined)) return;
    this.#earlyEvents += 1;
    if (this.#earlyEvents > MAX_EARLY_EVENTS) return this.close();
    this.#early.set(number, [...(this.#early.get(number) ?? []), event]);
  }

  #eventOf(text: string): Readonly<Record<string, unknown>> | undefined {
    try {
      return fieldsOf(jsonOf(text));
    } catch {
      // Not what a neuron sends: the connection is given up.
      return undefined;
    }
  }

  #lose(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#heartbeat.stop();
    for (const { lost } of this.#waiting.splice(0)) lost();
    for (const { listener } of this.#watches.values()) listener.lost();
    this.#watches.clear();
    this.#early.clear();
  }
}
