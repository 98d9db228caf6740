import { RouterError, type AcknowledgementLevel, type Kick, type OutgoingMessage, type Peer, type SendReport, type SlowReceiverPolicy, type Target } from '@xir/router';
import type { SeededRandom } from '../seeded-random.ts';
import type { World } from '../world/world.ts';
import { BUCKET, CHANNELS, type SimulatedChannel } from './channels.ts';
import { Connection } from './connection.ts';
import type { ConnectionHistory, MessagingHistory, SentMessage } from './messaging-history.ts';
import type { SystemNeuron } from './system-neuron.ts';

/** Milliseconds after which a client tries another neuron. */
const CONNECT_TIMEOUT_MS = 600;

/** What a client is made with. */
export interface SimulatedUserOptions {
  readonly user: string;
  readonly device: string;
  readonly world: World;
  readonly history: MessagingHistory;
  readonly neurons: readonly SystemNeuron[];
  readonly random: SeededRandom;
  readonly operations: number;
  /** All who take part, so that there is somebody to write to. */
  readonly names: readonly string[];
}

/** A client on one device: it connects, sends, moves, is slow and goes, as chance decides. */
export class SimulatedUser {
  readonly #options: SimulatedUserOptions;
  #connection: Connection | undefined;
  #isConnecting = false;
  /** The newest position that it knows, by path. */
  readonly #known = new Map<string, string>();
  /** Messages with an id, which may be sent again on their channel. */
  readonly #repeatable: { readonly path: string; readonly message: number; readonly outgoing: OutgoingMessage }[] = [];
  readonly #slow = new Set<Connection>();
  isStopped = false;

  constructor(options: SimulatedUserOptions) {
    this.#options = options;
  }

  /** Runs until its operations are done or it is stopped. Never rejects. */
  async run(): Promise<void> {
    const { operations, random, world } = this.#options;
    for (let done = 0; done < operations && !this.isStopped; done += 1) {
      await world.sleep(random.next() * random.next() * 700);
      if (!this.isStopped) this.#operate();
    }
  }

  /** Does nothing more, and reads whatever comes. */
  stop(): void {
    this.isStopped = true;
    for (const connection of this.#slow) this.#onNeuron(connection, () => connection.setSlow(false));
  }

  #operate(): void {
    const { random } = this.#options;
    const connection = this.#connection;
    if (connection === undefined || !connection.isOpen) {
      if (!this.#isConnecting) this.#connect(random.pick(CHANNELS));
      return;
    }
    const draw = random.next();
    if (draw < 0.62) return this.#onNeuron(connection, () => this.#send(connection));
    if (draw < 0.72) return this.#move(connection);
    if (draw < 0.78) return this.#onNeuron(connection, () => this.#update(connection));
    if (draw < 0.82) return this.#onNeuron(connection, () => this.#kick(connection));
    if (draw < 0.88) return this.#beSlow(connection);
    if (draw < 0.94) return this.#onNeuron(connection, () => connection.close('left'));
    this.#drop(connection, random.next() * 800);
  }

  /** What a client does comes to its neuron when that is not standing still. */
  #onNeuron(connection: Connection, act: () => void): void {
    this.#neuronOf(connection)?.life.enter(() => {
      if (connection.isOpen && connection.peer !== undefined) act();
    });
  }

  #neuronOf(connection: Connection): SystemNeuron | undefined {
    return this.#options.neurons.find(({ process }) => process === connection.history.process);
  }

  #connect(channel: SimulatedChannel, away?: SystemNeuron): void {
    const { neurons, random, world } = this.#options;
    const takers = neurons.filter((neuron) => neuron !== away && neuron.isServing);
    if (takers.length === 0) return;
    const neuron = random.pick(takers);
    this.#isConnecting = true;
    let hasGivenUp = false;
    const timer = world.clock.schedule(CONNECT_TIMEOUT_MS, () => {
      hasGivenUp = true;
      this.#isConnecting = false;
    });
    neuron.life.enter(() => {
      // A process that stood still reads of a connection whose client has gone elsewhere, and then of its end.
      timer.cancel();
      if (!hasGivenUp) this.#isConnecting = false;
      if (!neuron.isServing) return;
      const connection = this.#open(channel, neuron);
      if (connection === undefined) return;
      if (hasGivenUp) connection.close('lost');
      else this.#connection = connection;
    });
  }

  #open(channel: SimulatedChannel, neuron: SystemNeuron): Connection | undefined {
    const { random, world, history, user, device } = this.#options;
    const { recorder } = world;
    const { running } = neuron;
    if (running === undefined) return undefined;
    const since = channel.keeps && random.chance(0.85) ? (this.#known.get(channel.path) ?? '') : undefined;
    const state = random.chance(0.4) ? { s: random.below(1_000) } : undefined;
    const place = { bucket: BUCKET, path: channel.path };
    const told = new Map([...running.router.peers(place)].filter((peer) => peer.user !== user || peer.device !== device).map((peer) => [`${peer.user} ${peer.device}`, stateOf(peer)]));
    const record: ConnectionHistory = {
      number: history.connections.length,
      user,
      device,
      path: channel.path,
      neuron: neuron.name,
      process: neuron.process,
      since,
      openedOrder: recorder.tick(),
      openedAtMs: recorder.nowMs,
      joinedAtMs: 0,
      handed: [],
      recovery: undefined,
      state: state === undefined ? undefined : JSON.stringify(state),
      told,
      ended: undefined,
    };
    history.connections.push(record);
    recorder.note(`c${record.number} ${user} ${device} joins ${channel.path} on ${neuron.process} since ${since ?? 'nothing'}`);
    const connection = new Connection({
      history: record,
      recorder,
      schedule: neuron.schedule,
      policy: random.pick<SlowReceiverPolicy>(['cut', 'drop-oldest', 'latest-only']),
      onEnd: () => neuron.connections.delete(connection),
      onUndelivered: (report, id) => this.#undelivered(record, report, id),
    });
    connection.onWritten = ({ position }) => {
      const known = this.#known.get(channel.path);
      if (position !== undefined && (known === undefined || position > known)) this.#known.set(channel.path, position);
    };
    neuron.connections.add(connection);
    const lastWill: OutgoingMessage | undefined = random.chance(0.2) ? { target: { type: 'channel' }, event: 'will', content: '-1' } : undefined;
    const peer = running.router.join({ ...place, user, device, ...(state === undefined ? {} : { state }), ...(since === undefined ? {} : { since }), ...(lastWill === undefined ? {} : { lastWill }) }, connection);
    connection.peer = peer;
    record.joinedAtMs = peer.peer.joinedAtMs;
    void peer.recovery?.then((recovery) => connection.recovered(recovery));
    return connection;
  }

  /** Goes to another neuron, or to the same once more, before the one before has noticed, or without its noticing at all. */
  #move(connection: Connection): void {
    const { random } = this.#options;
    const channel = CHANNELS.find(({ path }) => path === connection.history.path) as SimulatedChannel;
    const from = this.#neuronOf(connection);
    const isElsewhere = random.chance(0.8);
    const noticedMs = random.next() * 1_500;
    if (random.chance(0.5)) this.#forget(channel.path, connection);
    this.#connect(channel, isElsewhere ? from : undefined);
    from?.life.schedule(noticedMs, () => connection.close('lost'));
  }

  /** What was written last has not come to the client. */
  #forget(path: string, { history: { handed } }: Connection): void {
    const positions = handed.filter(({ position, writtenOrder }) => position !== undefined && writtenOrder !== undefined).map(({ position }) => position as string);
    const kept = positions.at(-1 - this.#options.random.below(3));
    if (kept !== undefined) this.#known.set(path, kept);
  }

  #drop(connection: Connection, noticedMs: number): void {
    this.#connection = undefined;
    this.#neuronOf(connection)?.life.schedule(noticedMs, () => connection.close('lost'));
  }

  #beSlow(connection: Connection): void {
    const { random, world } = this.#options;
    connection.setSlow(true);
    this.#slow.add(connection);
    world.clock.schedule(random.next() * 1_500, () => this.#onNeuron(connection, () => connection.setSlow(false)));
  }

  #update(connection: Connection): void {
    const { random } = this.#options;
    const state = random.chance(0.8) ? { s: random.below(1_000) } : undefined;
    connection.history.state = state === undefined ? undefined : JSON.stringify(state);
    connection.peer?.update(state);
  }

  #kick(connection: Connection): void {
    const { random, history, world, names } = this.#options;
    const { recorder } = world;
    const neuron = this.#neuronOf(connection);
    if (neuron?.running === undefined) return;
    const { router } = neuron.running;
    const { path } = random.pick(CHANNELS);
    const user = random.chance(0.8) ? random.pick(names) : undefined;
    const device = user !== undefined && random.chance(0.3) ? random.pick(['d1', 'd2']) : undefined;
    const kick: Kick = { bucket: BUCKET, path, subtree: random.chance(0.3), ...(user === undefined ? {} : { user }), ...(device === undefined ? {} : { device }) };
    const paths = kick.subtree ? CHANNELS.map((each) => each.path).filter((each) => each === path || each.startsWith(`${path}/`)) : [path];
    const matching = paths.flatMap((each) => router.peers({ bucket: BUCKET, path: each })).filter((peer) => (user === undefined || peer.user === user) && (device === undefined || peer.device === device));
    const record = { kick, order: recorder.tick(), listed: matching.flatMap((peer) => connectionOf(history, peer)), report: undefined as SendReport | undefined, reportedOrder: undefined as number | undefined };
    history.kicks.push(record);
    recorder.note(`${neuron.process} kicks ${user ?? 'all'} ${device ?? ''} of ${path}${kick.subtree ? ' and beneath' : ''}`);
    void router.kick(kick).then((report) => {
      record.report = report;
      record.reportedOrder = recorder.tick();
      recorder.note(`${neuron.process} kicked ${report.reached}, ${report.undelivered.map(({ reason }) => reason).join(' ')}`);
    });
  }

  #send(connection: Connection): void {
    const { random, history, names } = this.#options;
    const { path } = connection.history;
    const repeatable = this.#repeatable.filter((each) => each.path === path);
    if (repeatable.length > 0 && random.chance(0.15)) {
      const { message, outgoing } = random.pick(repeatable);
      return this.#submit(connection, { message, outgoing: { ...outgoing, level: levelOf(random) }, isRepeat: true });
    }
    const message = history.sent.length;
    const id = random.chance(0.4) ? `i${message}` : undefined;
    const outgoing: OutgoingMessage = { target: targetOf(random, names), event: 'm', content: String(message), level: levelOf(random), ...(id === undefined ? {} : { id }) };
    if (id !== undefined) this.#repeatable.push({ path, message, outgoing });
    this.#submit(connection, { message, outgoing, isRepeat: false });
  }

  #submit(connection: Connection, { message, outgoing, isRepeat }: { readonly message: number; readonly outgoing: OutgoingMessage; readonly isRepeat: boolean }): void {
    const { history, world } = this.#options;
    const { recorder } = world;
    const router = this.#neuronOf(connection)?.running?.router;
    if (router === undefined || connection.peer === undefined) return;
    const { target, level = 'accepted', id } = outgoing;
    const sent: SentMessage = {
      message,
      connection: connection.history.number,
      order: recorder.tick(),
      atMs: recorder.nowMs,
      target,
      level,
      id,
      isRepeat,
      listed: receiversOf(router.channels({ bucket: BUCKET, path: target.type === 'subtree' ? target.path : connection.history.path }), connection.history, target).flatMap((peer) => connectionOf(history, peer)),
      refused: undefined,
      reports: [],
      undelivered: [],
    };
    history.sent.push(sent);
    recorder.note(`c${sent.connection} sends ${message}${isRepeat ? ' again' : ''} ${level} to ${target.type === 'user' ? `${target.user} ${target.device ?? ''}` : target.type}`);
    try {
      connection.peer.send(outgoing, (report) => {
        sent.reports.push({ report, order: recorder.tick() });
        recorder.note(`c${sent.connection} ${message} is reported ${JSON.stringify(report)}`);
      });
    } catch (error) {
      sent.refused = error instanceof RouterError ? error.code : String(error);
      recorder.note(`c${sent.connection} ${message} is refused ${sent.refused}`);
    }
  }

  /** Without an id nobody can say which message it was: the oldest that may be it. */
  #undelivered(connection: ConnectionHistory, report: SendReport, id: string | undefined): void {
    const { history, world } = this.#options;
    const candidates = history.sent.filter((sent) => sent.connection === connection.number && sent.id === id && sent.level === 'accepted');
    world.recorder.note(`c${connection.number} ${id ?? 'something'} is undelivered ${JSON.stringify(report)}`);
    for (const sent of candidates) sent.undelivered.push({ report, order: world.recorder.tick() });
  }
}

function levelOf(random: SeededRandom): AcknowledgementLevel {
  return random.pick(['accepted', 'accepted', 'reached', 'written']);
}

function targetOf(random: SeededRandom, names: readonly string[]): Target {
  const draw = random.next();
  if (draw < 0.45) return { type: 'channel' };
  if (draw < 0.6) return { type: 'subtree', path: random.pick(CHANNELS).path };
  const user = random.pick(names);
  return draw < 0.85 ? { type: 'user', user } : { type: 'user', user, device: random.pick(['d1', 'd2']) };
}

function receiversOf(nodes: Iterable<{ readonly path: string; peers(): Iterable<Peer> }>, sender: ConnectionHistory, target: Target): Peer[] {
  const peers: Peer[] = [];
  for (const node of nodes) {
    if (target.type !== 'subtree' && node.path !== sender.path) continue;
    for (const peer of node.peers()) {
      if (target.type === 'user' ? peer.user === target.user && (target.device === undefined || peer.device === target.device) : node.path !== sender.path || peer.user !== sender.user || peer.device !== sender.device) peers.push(peer);
    }
  }
  return peers;
}

/** The connection that a neuron lists as this peer. */
export function connectionOf(history: MessagingHistory, peer: Peer): number[] {
  for (let index = history.connections.length - 1; index >= 0; index -= 1) {
    const each = history.connections[index] as ConnectionHistory;
    if (each.neuron === peer.neuron && each.user === peer.user && each.device === peer.device && each.path === peer.path && each.joinedAtMs === peer.joinedAtMs) return [each.number];
  }
  return [];
}

/** The state of a peer as JSON. */
export function stateOf({ state }: Peer): string | undefined {
  return state === undefined ? undefined : JSON.stringify(state);
}
