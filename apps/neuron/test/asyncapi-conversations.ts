import { once } from 'node:events';

import { Ajv, type ValidateFunction } from 'ajv';
import { WebSocket } from 'undici';

import type { ExampleValues } from './example-values.ts';

interface Reference {
  readonly message: string;
  readonly example: string;
  readonly 'x-varies'?: readonly string[];
}

interface Step {
  readonly sends?: Reference;
  readonly tells: readonly Reference[];
}

/** The parts of an AsyncAPI document that conversations are made of. */
export interface AsyncApi {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, object>> }>>;
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly payload: object; readonly examples: ReadonlyArray<{ readonly name: string; readonly payload: unknown }> }>>;
    readonly schemas: object;
  };
  readonly 'x-conversations': ReadonlyArray<{ readonly name: string; readonly steps: readonly Step[] }>;
}

type Message = Readonly<Record<string, unknown>>;

/** One connection: messages are taken in the order in which those that belong together came. */
class Line {
  readonly #socket: WebSocket;
  readonly #received: Message[] = [];
  #wake: () => void = () => undefined;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener('message', ({ data }) => {
      this.#received.push(JSON.parse(String(data)) as Message);
      this.#wake();
    });
  }

  async opened(): Promise<void> {
    await once(this.#socket, 'open', { signal: AbortSignal.timeout(5_000) });
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** The next message of the same request, the same watch, or the same notice as an example. */
  async take(example: Message): Promise<Message> {
    const until = AbortSignal.timeout(5_000);
    for (;;) {
      const index = this.#received.findIndex((message) => ['id', 'watch', 'notice'].every((name) => message[name] === example[name]));
      const [found] = index < 0 ? [] : this.#received.splice(index, 1);
      if (found !== undefined) return found;
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        until.addEventListener('abort', () => reject(new Error(`there came only ${JSON.stringify(this.#received)}`)), { once: true });
      });
    }
  }

  /** What came and was not taken; the connection is closed. */
  async end(): Promise<readonly Message[]> {
    if (this.#socket.readyState !== WebSocket.CLOSED) {
      const closed = once(this.#socket, 'close', { signal: AbortSignal.timeout(5_000) });
      this.#socket.close();
      await closed;
    }
    return this.#received;
  }
}

/** What a replay needs of the neuron. */
export interface Replay {
  readonly url: string;
  readonly values: ExampleValues;
  /** Tells the neuron to close. */
  close(): void;
}

/** Holds every conversation of a document with a neuron; answers what was wrong, by step, and how many examples were replayed. */
export async function replayConversations(document: AsyncApi, { url, values, close }: Replay) {
  const ajv = new Ajv({ strict: false, validateSchema: false });
  ajv.addSchema({ $id: 'document', components: document.components });
  const validators = new Map<string, ValidateFunction>();
  const problems: Record<string, string[]> = {};
  let replayed = 0;
  const exampleOf = ({ message, example }: Reference) => document.components.messages[message]?.examples.find(({ name }) => name === example)?.payload as Message;
  const validate = (message: string, payload: unknown) => {
    const schema = JSON.stringify(document.components.messages[message]?.payload).replaceAll('"#/', '"document#/');
    const check = validators.get(message) ?? ajv.compile(JSON.parse(schema) as object);
    validators.set(message, check);
    return check(payload) ? [] : [ajv.errorsText(check.errors)];
  };
  for (const { name, steps } of document['x-conversations']) {
    const line = new Line(url);
    await line.opened();
    for (const { sends, tells } of steps) {
      if (sends === undefined) close();
      else line.send(values.inserted(JSON.stringify(exampleOf(sends))));
      for (const told of tells) {
        const real = await line.take(exampleOf(told));
        const wrong = [...values.differences(exampleOf(told), real, told['x-varies'] ?? []), ...validate(told.message, real)];
        if (wrong.length > 0) problems[`${name}: ${told.message} ${told.example}`] = wrong;
      }
      replayed += tells.length + (sends === undefined ? 0 : 1);
    }
    const untold = await line.end();
    if (untold.length > 0) problems[`${name}: told besides`] = untold.map((message) => JSON.stringify(message));
  }
  return { problems, replayed };
}
