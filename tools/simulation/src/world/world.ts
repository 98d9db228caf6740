import type { DatabaseImage, ClusterDatabase, DatabaseShape } from '../cluster/cluster-database.ts';
import { FakeCluster } from '../cluster/fake-cluster.ts';
import { SeededRandom } from '../seeded-random.ts';
import { EventLoop } from '../time/event-loop.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { KEYS } from './key-space.ts';
import type { MemoryOptions } from '@xir/kv4';
import { Recorder } from './recorder.ts';
import { DATABASE, SimulatedNeuron } from './simulated-neuron.ts';
import { Truth } from './truth.ts';

/** How a world is laid out. */
export interface WorldOptions {
  readonly seed: number;
  readonly shape: DatabaseShape;
  readonly neurons: number;
  readonly traced?: boolean;
  readonly memory?: Partial<MemoryOptions>;
  /** Milliseconds by which the hosts' wall clocks are wrong. */
  readonly skewsMs?: readonly number[];
}

/** A cluster, some neurons and the time they live in. */
export class World {
  readonly clock = new SimulatedClock();
  readonly loop = new EventLoop(this.clock);
  readonly random: SeededRandom;
  readonly truth = new Truth();
  readonly recorder: Recorder;
  readonly cluster: FakeCluster;
  readonly neurons: readonly SimulatedNeuron[];
  #image: DatabaseImage | undefined;
  #uninstall: () => void;

  constructor(options: WorldOptions) {
    const { seed, shape, neurons, traced = false, memory = {}, skewsMs = [] } = options;
    this.random = new SeededRandom(seed);
    this.recorder = new Recorder(this.clock, traced);
    this.cluster = new FakeCluster({
      shape,
      random: this.random.fork(),
      now: () => this.clock.now(),
      onStored: (id, node) => {
        const { database } = this;
        if (database !== undefined) this.truth.stored(database, id, node, this.clock.monotonic());
      },
    });
    this.neurons = Array.from({ length: neurons }, (_, index) => {
      const name = `n${index + 1}`;
      return new SimulatedNeuron({ name, cluster: this.cluster, clock: this.clock, random: this.random.fork(), skewMs: skewsMs[index] ?? 0, memory });
    });
    this.#uninstall = this.loop.install();
  }

  /** The database, where there is one. */
  get database(): ClusterDatabase | undefined {
    return this.cluster.databases.get(DATABASE);
  }

  /** The cluster's wall clock in the form that versions begin with, moved by some milliseconds. */
  wallHex(byMs: number): string {
    return (this.clock.now() + byMs).toString(16).padStart(12, '0');
  }

  /** Resolves after some simulated time. */
  readonly sleep = (delayMs: number): Promise<void> => new Promise((resolve) => void this.clock.schedule(delayMs, resolve));

  /** Keeps a backup of the database as it is. */
  backUp(): void {
    this.#image = this.database?.image();
  }

  /** Kills a neuron and starts it again a little later. */
  restart(neuron: SimulatedNeuron): void {
    neuron.kill();
    this.clock.schedule(this.random.next() * 500, () => this.start(neuron));
  }

  /** Starts a neuron, and again until it opens. */
  start(neuron: SimulatedNeuron): void {
    const { incarnation } = neuron;
    const attempt = (): void => {
      if (neuron.incarnation !== incarnation) return;
      neuron.open().then(
        () => this.recorder.note(`open ${neuron.life}`),
        (error: unknown) => {
          this.recorder.note(`open ${neuron.name} failed: ${String(error)}`);
          this.clock.schedule(300, attempt);
        },
      );
    };
    attempt();
  }

  /** The database is deleted, and made again a little later. */
  recreate(): void {
    if (this.database === undefined) return;
    this.recorder.upheavals.push({ kind: 'recreated', atMs: this.clock.monotonic() });
    this.truth.life += 1;
    const { shape } = this.database;
    this.cluster.remove(DATABASE);
    this.#image = undefined;
    this.clock.schedule(this.random.next() * 3_000, () => {
      if (this.database === undefined) this.cluster.create(DATABASE, shape);
      this.#observe();
      this.recorder.note('database made again');
    });
  }

  /** The files are put back to the backup, if every neuron has left a mark since that this takes away. */
  restore(): void {
    const { database } = this;
    const image = this.#image;
    if (database === undefined || image === undefined || !this.#marksDiffer(database, image)) return;
    this.recorder.upheavals.push({ kind: 'restored', atMs: this.clock.monotonic() });
    this.recorder.note('restored');
    this.truth.life += 1;
    // Whoever restores stops the server: connections end.
    for (const { link } of this.neurons) link.cut();
    database.restore(image);
    this.#observe();
  }

  #observe(): void {
    const { database } = this;
    if (database !== undefined) for (const key of KEYS) this.truth.observe(database, key, this.clock.monotonic());
  }

  /** Ends every neuron and gives the platform's `setImmediate` back. */
  async close(): Promise<void> {
    const closing = Promise.all(this.neurons.map((neuron) => neuron.close()));
    let closed = false;
    void closing.then(() => (closed = true));
    await this.loop.run(60_000, () => closed);
    this.#uninstall();
    if (!closed) this.recorder.incident('closing took more than a minute');
  }

  /** Gives the platform's `setImmediate` back without an orderly end. */
  abandon(): void {
    this.#uninstall();
    for (const { link } of this.neurons) void link.close();
  }

  #marksDiffer(database: ClusterDatabase, image: DatabaseImage): boolean {
    return this.neurons.every(({ name }) => {
      const id = `x!barrier!${name}`;
      const now = database.truth(id)[0]?.rev;
      return now !== undefined && image.every((shard) => shard.every(({ documents }) => documents.get(id)?.[0]?.rev !== now));
    });
  }
}
