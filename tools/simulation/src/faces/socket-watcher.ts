import type { SeededRandom } from '../seeded-random.ts';
import type { WatchHistory, WatchedEvent } from '../world/history.ts';
import { KEYS, keyOfAddress, LAYER, PATHS, BUCKET, type SimulatedKey } from '../world/key-space.ts';
import type { SimulatedNeuron } from '../world/simulated-neuron.ts';
import type { World } from '../world/world.ts';
import type { NeuronFaces } from './neuron-faces.ts';
import { WebSocketPipe } from './websocket-pipe.ts';

/** How probable it is that a watch leaves after an event. */
const LEAVES = 0.15;
/** Pause before a client that was cut connects again, in milliseconds. */
const AGAIN_MS = 100;
/** The longest pause before a client that has used its credit grants more, in milliseconds. */
const LONGEST_PAUSE_MS = 400;
/** The id of the watch on each connection. */
const WATCH_ID = 1;

interface SocketScope {
  readonly request: Readonly<Record<string, string>>;
  readonly keys: readonly SimulatedKey[];
}

/** A message of the server, as far as it is looked at. */
interface ServerMessage {
  readonly watch?: number;
  readonly event?: WatchedEvent['type'] | 'end';
  readonly position?: string;
  readonly record?: { readonly path: string; readonly key: string; readonly version: string };
  readonly path?: string;
  readonly key?: string;
  readonly version?: string;
  readonly reason?: string;
  readonly error?: { readonly code?: string };
}

/** A client of the WebSocket data API with one watch, which it grants events as it works, and takes with it to another neuron when it leaves or is cut. */
export class SocketWatcher {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #faces: NeuronFaces;
  readonly #scope: SocketScope;
  readonly #record: WatchHistory;
  #pipe: WebSocketPipe | undefined;
  #neuron: SimulatedNeuron | undefined;
  #incarnation = -1;
  #after: string | undefined;
  #isLive = false;
  #credit = 0;
  #isOver = false;
  /** Times that a watch was taken elsewhere, or up again. */
  resumptions = 0;
  /** Events beyond what was granted. */
  ungranted = 0;

  constructor(world: World, random: SeededRandom, faces: NeuronFaces) {
    this.#world = world;
    this.#random = random;
    this.#faces = faces;
    this.#scope = chooseScope(random);
    const history = random.chance(0.5);
    const latestOnly = !history && random.chance(0.5);
    const name = `socket watch of the ${this.#scope.request['scope'] ?? ''}${history ? ' with history' : ''}${latestOnly ? ' of the latest' : ''}`;
    this.#record = { neuron: 'several', name, history, latestOnly, keys: this.#scope.keys.map((key) => key.name), events: [], ended: undefined, lasted: true };
    world.recorder.watches.push(this.#record);
    this.#connect();
  }

  /** The neuron's process has ended: its connections have, too. */
  look(): void {
    if (this.#pipe !== undefined && this.#neuron?.incarnation !== this.#incarnation) this.#pipe.cut();
  }

  /** Ends it for good. */
  close(): void {
    this.#isOver = true;
    this.#pipe?.cut();
  }

  #connect(): void {
    const { neurons, recorder } = this.#world;
    if (this.#isOver) return;
    const neuron = this.#random.pick(neurons);
    const face = this.#faces.webSocket(neuron);
    if (face === undefined) return this.#again();
    const pipe: WebSocketPipe = new WebSocketPipe(face, {
      message: (text) => {
        if (this.#pipe === pipe) this.#take(JSON.parse(text) as ServerMessage);
      },
      closed: () => {
        if (this.#pipe !== pipe) return;
        this.#pipe = undefined;
        if (!this.#isLive) this.#after = undefined;
        this.#again();
      },
    });
    this.#pipe = pipe;
    this.#neuron = neuron;
    this.#incarnation = neuron.incarnation;
    const { history, latestOnly, name } = this.#record;
    this.#credit = this.#random.below(4);
    if (this.#after !== undefined) this.resumptions += 1;
    recorder.note(`${name} on ${neuron.life} with ${this.#credit}${this.#after === undefined ? '' : ', resumed'}`);
    pipe.send({ op: 'watch', id: WATCH_ID, ...this.#scope.request, history, latestOnly, credit: this.#credit, ...(this.#after === undefined ? {} : { after: this.#after }) });
    if (this.#credit === 0) this.#grantLater(pipe);
  }

  #again(): void {
    this.#world.clock.schedule(AGAIN_MS, () => this.#connect());
  }

  #grantLater(pipe: WebSocketPipe): void {
    const events = 1 + this.#random.below(6);
    this.#world.clock.schedule(this.#random.next() * this.#random.next() * LONGEST_PAUSE_MS, () => {
      if (this.#pipe !== pipe) return;
      this.#credit += events;
      pipe.send({ op: 'credit', watch: WATCH_ID, events });
    });
  }

  #take(message: ServerMessage): void {
    const { recorder } = this.#world;
    const { name } = this.#record;
    const { event, error } = message;
    if (error !== undefined || event === 'end' || message.watch === undefined || event === undefined) {
      if (error === undefined && event !== 'end') return;
      recorder.note(`${name} ended: ${error?.code ?? ''}`);
      this.#pipe?.cut();
      return;
    }
    this.#credit -= 1;
    if (this.#credit < 0) this.ungranted += 1;
    this.#after = message.position;
    this.#record.events.push(this.#watchedEvent(event, message));
    const { key = '', version = '' } = this.#record.events.at(-1) as WatchedEvent;
    recorder.note(`${name} ${event} ${key} ${version}`);
    if (event === 'reset') this.#isLive = false;
    if (event === 'end-of-initial') this.#isLive = true;
    // Initial values have no position to resume from.
    if (this.#isLive && this.#random.chance(LEAVES)) this.#pipe?.cut();
    else if (this.#credit === 0) this.#grantLater(this.#pipe as WebSocketPipe);
  }

  #watchedEvent(type: WatchedEvent['type'], { record, path, key, version, reason }: ServerMessage): WatchedEvent {
    const place = record ?? { path, key, version };
    const address = place.path === undefined || place.key === undefined ? undefined : { bucket: BUCKET, layer: LAYER, path: place.path, key: place.key };
    return { type, atMs: this.#world.clock.monotonic(), key: address === undefined ? undefined : keyOfAddress(address)?.name, version: place.version, reason };
  }
}

function chooseScope(random: SeededRandom): SocketScope {
  const draw = random.next();
  if (draw < 0.2) {
    const key = random.pick(KEYS);
    return { request: { scope: 'key', path: key.address.path, key: key.address.key }, keys: [key] };
  }
  const { path } = random.pick(PATHS);
  if (draw < 0.4) return { request: { scope: 'path', path }, keys: KEYS.filter(({ address }) => address.path === path) };
  if (draw < 0.6) return { request: { scope: 'tree', path }, keys: KEYS.filter(({ address }) => `${address.path}/`.startsWith(`${path}/`)) };
  return { request: { scope: 'layer' }, keys: KEYS };
}
