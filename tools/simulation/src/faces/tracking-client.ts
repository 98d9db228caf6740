import { RespErrorReply, type RespReply } from '@xir/protocol/resp';
import type { SeededRandom } from '../seeded-random.ts';
import { KEYS, PATHS, type SimulatedKey } from '../world/key-space.ts';
import type { Recorder } from '../world/recorder.ts';
import type { SimulatedNeuron } from '../world/simulated-neuron.ts';
import type { HeldAnswer, Reach } from './held-answer.ts';
import { HeldAnswers } from './held-answers.ts';
import type { NeuronFaces } from './neuron-faces.ts';
import { RespConnection } from './resp-connection.ts';
import { TRACKING_MODES, type TrackingMode } from './tracking-mode.ts';

/** What a client works with. */
export interface TrackingClientOptions {
  readonly name: string;
  readonly neuron: SimulatedNeuron;
  readonly faces: NeuronFaces;
  readonly recorder: Recorder;
  readonly random: SeededRandom;
  readonly operations: number;
  readonly nowMs: () => number;
  /** Resolves after some simulated time. */
  readonly sleep: (delayMs: number) => Promise<void>;
}

interface Read {
  readonly words: readonly string[];
  readonly name: string;
  readonly keys: readonly SimulatedKey[];
  readonly isWhole: boolean;
}

/** A client of a neuron's Redis face that keeps what it reads until it is told otherwise, as client-side caches do. */
export class TrackingClient {
  readonly held: HeldAnswers;
  readonly mode: TrackingMode;
  readonly #options: TrackingClientOptions;
  #connection: RespConnection | undefined;
  #incarnation = -1;
  #markers = 0;
  stopped = false;
  /** The operation under way. */
  busy: string | undefined;

  constructor(options: TrackingClientOptions) {
    this.#options = options;
    this.mode = options.random.pick(TRACKING_MODES);
    const { recorder, nowMs } = options;
    this.held = new HeldAnswers((difference) => recorder.staleAnswers.push({ ...difference, client: this.label, untilMs: nowMs() }));
  }

  get neuron(): SimulatedNeuron {
    return this.#options.neuron;
  }

  /** Who it is, for a reader of a report. */
  get label(): string {
    return `${this.#options.name} (${this.mode.name})`;
  }

  /** Runs until its operations are done or it is stopped. Never rejects. */
  async run(): Promise<void> {
    const { operations, random, sleep } = this.#options;
    for (let done = 0; done < operations && !this.stopped; done += 1) {
      await sleep(random.next() * random.next() * 800);
      if (this.stopped) return;
      if (!this.#isConnected) await this.#connect();
      else if (random.chance(0.05)) this.cut();
      else if (random.chance(0.3)) await this.#write();
      else await this.#read();
      this.busy = undefined;
    }
  }

  /** Looks whether what is held is what the neuron shows now. A process that has ended has cut its connections. */
  compare(): void {
    const { neuron, nowMs } = this.#options;
    if (this.#connection === undefined) return;
    if (this.#incarnation !== neuron.incarnation) return this.cut();
    if (neuron.memory !== undefined) this.held.compare(neuron.memory, nowMs());
  }

  /** Ends the connection, and what was kept with it. */
  cut(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.held.clear();
    connection?.cut();
  }

  get #isConnected(): boolean {
    return this.#connection !== undefined && this.#incarnation === this.#options.neuron.incarnation;
  }

  async #connect(): Promise<void> {
    const { neuron, faces, recorder } = this.#options;
    this.cut();
    const face = faces.resp(neuron);
    if (face === undefined) return;
    this.busy = 'connecting';
    const connection: RespConnection = new RespConnection(face, {
      told: (items) => this.#told(connection, items),
      closed: () => {
        if (this.#connection === connection) this.cut();
      },
    });
    this.#connection = connection;
    this.#incarnation = neuron.incarnation;
    const answers = [await connection.ask(['HELLO', '3', 'AUTH', 'client', 'secret']), await connection.ask(['CLIENT', 'TRACKING', 'ON', ...this.mode.words])];
    const failed = answers.find((answer) => answer instanceof RespErrorReply);
    recorder.note(`${this.label} connected to ${neuron.life}${failed === undefined ? '' : `: ${failed.line}`}`);
    if (failed !== undefined) connection.cut();
  }

  #told(connection: RespConnection, [kind, names = null]: readonly RespReply[]): void {
    if (kind !== 'invalidate' || this.#connection !== connection) return;
    this.#options.recorder.note(`${this.label} told ${Array.isArray(names) ? names.join(' ') : 'all'}`);
    this.held.invalidate(names);
  }

  /** Reads something, or several things in one write. */
  async #read(): Promise<void> {
    const { random } = this.#options;
    const connection = this.#connection as RespConnection;
    const reads = Array.from({ length: 1 + random.below(3) }, () => chooseRead(random));
    this.busy = reads.map(({ words }) => words.join(' ')).join(', ');
    await Promise.all(
      reads.map(
        (read) =>
          new Promise<void>((resolve) => {
            const isKept = this.#keeps(read);
            const announced = this.mode.asks && isKept ? [[['CLIENT', 'CACHING', 'YES'], () => undefined] as const] : [];
            connection.send([
              ...announced,
              [
                read.words,
                (reply) => {
                  if (isKept && this.#connection === connection) this.#keep(read, reply);
                  resolve();
                },
              ],
            ]);
          }),
      ),
    );
  }

  #keeps({ name }: Read): boolean {
    const { prefixes, asks } = this.mode;
    if (prefixes !== undefined) return prefixes.some((prefix) => name.startsWith(prefix));
    return !asks || this.#options.random.chance(0.7);
  }

  #keep({ words, name, keys, isWhole }: Read, reply: RespReply): void {
    const { recorder, nowMs } = this.#options;
    const request = words.join(' ');
    if (reply instanceof RespErrorReply) {
      recorder.note(`${this.label} ${request}: ${reply.line}`);
      return;
    }
    const reach: Reach = this.mode.isBroadcast ? 'prefix' : isWhole ? 'hash' : 'key';
    const says = new Map(keys.map((key) => [key, isWhole ? fieldOf(reply, key.address.key) : textOf(reply)]));
    const answer: HeldAnswer = { request, name, reach, says, sinceMs: nowMs() };
    recorder.note(`${this.label} ${request}: ${[...says.values()].map((text) => text ?? 'nothing').join(' ')}`);
    this.held.keep(answer);
  }

  async #write(): Promise<void> {
    const { random, recorder } = this.#options;
    const connection = this.#connection as RespConnection;
    this.#markers += 1;
    const { words, concerns } = chooseWrite(random, `${this.#options.name}.${this.#markers}`);
    this.busy = words.join(' ');
    // What it writes itself it is not told, and must not keep.
    const forget = (): void => {
      if (this.mode.noLoop && this.#connection === connection) this.held.dropKeys(concerns);
    };
    forget();
    await new Promise<void>((resolve) =>
      connection.send([
        [
          words,
          (reply) => {
            forget();
            recorder.note(`${this.label} ${words.join(' ')}: ${reply instanceof RespErrorReply ? reply.line : 'done'}`);
            resolve();
          },
        ],
      ]),
    );
  }
}

function chooseRead(random: SeededRandom): Read {
  const key = random.pick(KEYS);
  const { path } = key.address;
  const draw = random.next();
  if (draw < 0.6) return { words: ['GET', key.name], name: key.name, keys: [key], isWhole: false };
  if (draw < 0.75) return { words: ['HGET', path, key.address.key], name: path, keys: [key], isWhole: false };
  return { words: ['HGETALL', path], name: path, keys: KEYS.filter(({ address }) => address.path === path), isWhole: true };
}

function chooseWrite(random: SeededRandom, marker: string): { readonly words: readonly string[]; readonly concerns: (key: SimulatedKey) => boolean } {
  const key = random.pick(KEYS);
  const concerns = (other: SimulatedKey): boolean => other === key;
  const draw = random.next();
  if (draw < 0.65) {
    const expiry = key.role === 'expiring' && random.chance(0.8) ? ['PX', String(300 + random.below(2_500))] : [];
    return { words: ['SET', key.name, JSON.stringify({ m: marker }), ...expiry], concerns };
  }
  if (draw < 0.85) return { words: ['DEL', key.name], concerns };
  const { path } = random.pick(PATHS);
  return { words: ['DEL', path], concerns: ({ address }) => address.path === path };
}

function textOf(reply: RespReply): string | null {
  return typeof reply === 'string' ? reply : null;
}

/** A field of a hash, whose fields and values come in turn. */
function fieldOf(reply: RespReply, field: string): string | null {
  if (!Array.isArray(reply)) return null;
  for (let index = 0; index + 1 < reply.length; index += 2) if (reply[index] === field) return textOf(reply[index + 1] as RespReply);
  return null;
}
