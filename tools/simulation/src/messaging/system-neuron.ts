import { CouchClient, CouchError } from '@xir/couch-client';
import { openMemory, type Memory } from '@xir/kv4';
import { Kv4Error } from '@xir/kv4-core';
import { DEFAULT_ID_WINDOW_MS, joinMembership, openRouter, OutboxSchedule, tidySlots, type NeuronLife, type NeuronMembership, type Router, type RouterLimits } from '@xir/router';
import { Link } from '../network/link.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { HostLife, type WallClock } from '../time/host-life.ts';
import { DATABASE } from '../world/simulated-neuron.ts';
import type { World } from '../world/world.ts';
import { HISTORY } from './channels.ts';
import type { Connection } from './connection.ts';
import type { LinkEnd, LinkNetwork } from './link-network.ts';
import type { MessagingHistory } from './messaging-history.ts';
import { REPLY_TIMEOUT_MS } from './times.ts';

/** Milliseconds until a neuron that could not start is started again. */
const RESTART_MS = 300;
/** How long nothing is cleaned up when more than half have vanished, in milliseconds: long enough to be seen, short enough for a schedule. */
const MASS_HOLD_MS = 4_000;

/** What a neuron that runs is made of. */
export interface RunningNeuron {
  readonly memory: Memory;
  readonly membership: NeuronMembership;
  readonly router: Router;
}

/** What a {@link SystemNeuron} lives in. */
export interface SystemNeuronOptions {
  readonly name: string;
  readonly world: World;
  readonly network: LinkNetwork;
  readonly history: MessagingHistory;
  readonly random: SeededRandom;
  /** Of its router; those that are not said are of the simulation. */
  readonly limits?: Partial<RouterLimits>;
}

/** A neuron with memory, membership, links and router, over all its processes. */
export class SystemNeuron {
  readonly name: string;
  readonly clock: WallClock;
  readonly schedule = new OutboxSchedule();
  readonly connections = new Set<Connection>();
  link: Link;
  life: HostLife;
  /** How often it was started. */
  starts = 0;
  running: RunningNeuron | undefined;
  /** It is to run. */
  isWanted = false;
  readonly #options: SystemNeuronOptions;
  #closing: Promise<void> | undefined;

  constructor(options: SystemNeuronOptions) {
    this.#options = options;
    this.name = options.name;
    this.clock = watchedClock(options);
    this.life = new HostLife(options.world.clock, this.clock);
    this.link = this.#newLink();
  }

  /** The name, with the number of the process. */
  get process(): string {
    return `${this.name}.${this.starts}`;
  }

  /** Clients are served. */
  get isServing(): boolean {
    return this.running?.membership.state === 'serving';
  }

  /** It runs, or will, and is not about to end in good order. */
  get isStaying(): boolean {
    return this.isWanted && this.#closing === undefined;
  }

  /** Starts a process, once the one that is ending has ended. */
  startAgain(): void {
    void (this.#closing ?? Promise.resolve()).then(() => {
      if (!this.isWanted) this.start();
    });
  }

  /** Starts a process, and another one where that cannot start. */
  start(): void {
    const { world } = this.#options;
    this.isWanted = true;
    this.starts += 1;
    this.life = new HostLife(world.clock, this.clock);
    const { conditions } = this.link;
    this.link = this.#newLink();
    this.link.conditions = conditions;
    const { life, process } = this;
    this.#open(life).then(
      (running) => {
        this.running = running;
        world.recorder.note(`open ${process}`);
      },
      (error: unknown) => {
        if (life.hasEnded) return;
        world.recorder.note(`open ${process} failed: ${String(error)}`);
        this.#report(error);
        this.kill();
        world.clock.schedule(RESTART_MS, () => this.start());
      },
    );
  }

  /** The process ends without warning: nothing of it is heard any more, what it had sent to the database may still arrive. */
  kill(): void {
    const { network, world, history } = this.#options;
    world.recorder.note(`end ${this.process}`);
    history.endedProcesses.add(this.process);
    this.#closing = undefined;
    this.life.end();
    network.detach(this.name);
    void this.link.close();
    this.running = undefined;
    this.isWanted = false;
    for (const connection of [...this.connections]) connection.close('process-ended');
  }

  /** The process ends in good order. Resolves when it has. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const closing = this.#close().finally(() => {
      if (this.#closing === closing) this.#closing = undefined;
    });
    this.#closing = closing;
    return closing;
  }

  async #close(): Promise<void> {
    const { running, life } = this;
    if (running === undefined) return;
    this.running = undefined;
    this.#options.history.endedProcesses.add(this.process);
    await running.router.close();
    await running.membership.close();
    await running.memory.close();
    if (life.hasEnded) return;
    this.kill();
  }

  async #open(life: HostLife): Promise<RunningNeuron> {
    const { world, network, random: source } = this.#options;
    const random = source.next;
    const { link, name } = this;
    const client = new CouchClient({ url: 'http://cluster.invalid:5984', transport: link, clock: life, random });
    const memory = await openMemory({ client, database: DATABASE, neuron: name, clock: life, random, heartbeatMs: 1_500, healthyAgeMs: 6_000, inspectIntervalMs: 8_000, barrierIntervalMs: 8_000, auditIntervalMs: 0, freshTimeoutMs: 2_000, openTimeoutMs: 8_000, feedMaxBackoffMs: 1_000 });
    const links = network.attach(name, life);
    const onError = (error: unknown): void => this.#report(error);
    const facts = () => ({ load: 0, clients: this.connections.size, draining: false });
    const tidy = (dead: NeuronLife): Promise<number> => this.#tidy(memory, dead);
    const membership = await joinMembership({ store: memory, pinger: links, neuron: name, process: this.process, facts, tidy, times: { massHoldMs: MASS_HOLD_MS }, clock: life, random, onError });
    const router = await openRouter({ store: memory, membership, links: links satisfies LinkEnd, clock: life, random, limits: { replyTimeoutMs: REPLY_TIMEOUT_MS, maxHeldMessages: 20, ...this.#options.limits }, history: HISTORY, onError });
    membership.onChange(() => world.recorder.note(`${this.process} ${membership.state} as ${membership.self.incarnation}, with ${[...membership.neurons()].map(({ neuron }) => neuron).join(' ')}`));
    return { memory, membership, router };
  }

  async #tidy(memory: Memory, dead: NeuronLife): Promise<number> {
    const { history, world } = this.#options;
    const record = { janitor: this.process, dead, fromMs: world.clock.monotonic(), untilMs: undefined as number | undefined };
    history.tidied.push(record);
    const count = await tidySlots(memory, dead);
    record.untilMs = world.clock.monotonic();
    world.recorder.note(`${this.process} tidied behind ${dead.neuron} ${dead.incarnation}: ${count}`);
    return count;
  }

  #report(error: unknown): void {
    if (error instanceof Kv4Error || error instanceof CouchError || this.life.hasEnded) return;
    this.#options.world.recorder.incident(`${this.process}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  #newLink(): Link {
    const { world, random } = this.#options;
    const link = new Link({ cluster: world.cluster, clock: world.clock, random });
    link.enter = this.life.enter;
    return link;
  }
}

/** A wall clock that notes when it is set far ahead. */
function watchedClock({ name, world, history }: SystemNeuronOptions): WallClock {
  let skewMs = 0;
  return {
    get skewMs() {
      return skewMs;
    },
    set skewMs(next) {
      if (next - skewMs > DEFAULT_ID_WINDOW_MS) history.clocksAhead.set(name, world.clock.monotonic());
      skewMs = next;
    },
  };
}
