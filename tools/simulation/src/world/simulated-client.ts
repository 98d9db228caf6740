import type { Memory } from '@xir/kv4';
import type { JsonValue, Kv4Record, WriteCondition, WriteResult } from '@xir/kv4-core';
import type { SeededRandom } from '../seeded-random.ts';
import type { WriteKind } from './history.ts';
import { KEYS, keyOfAddress, PATHS, type SimulatedKey } from './key-space.ts';
import type { Recorder } from './recorder.ts';
import type { SimulatedNeuron } from './simulated-neuron.ts';

/** What a client works with. */
export interface SimulatedClientOptions {
  readonly name: string;
  readonly neuron: SimulatedNeuron;
  readonly recorder: Recorder;
  readonly random: SeededRandom;
  readonly operations: number;
  /** Every value has its secondary key: it can be found by it. */
  readonly finds: boolean;
  /** Resolves after some simulated time. */
  readonly sleep: (delayMs: number) => Promise<void>;
}

/** A client of one neuron: one operation after the other, with pauses, as chance decides. */
export class SimulatedClient {
  readonly #options: SimulatedClientOptions;
  /** Versions as this client saw them last. */
  readonly #known = new Map<string, string>();
  #markers = 0;
  stopped = false;
  /** The operation under way. */
  busy: string | undefined;

  constructor(options: SimulatedClientOptions) {
    this.#options = options;
  }

  /** Runs until its operations are done or it is stopped. Never rejects. */
  async run(): Promise<void> {
    const { operations, random, sleep, neuron } = this.#options;
    for (let done = 0; done < operations && !this.stopped; done += 1) {
      await sleep(random.next() * random.next() * 800);
      const { memory } = neuron;
      if (this.stopped) return;
      if (memory === undefined) continue;
      await this.#operate(memory);
      this.busy = undefined;
    }
  }

  async #operate(memory: Memory): Promise<void> {
    const { random } = this.#options;
    const key = random.pick(KEYS);
    const draw = random.next();
    this.busy = `something with ${key.name}`;
    if (draw < 0.45) return this.#read(memory, key);
    if (draw < 0.55) return this.#list(memory);
    return this.#write(memory, key);
  }

  async #read(memory: Memory, key: SimulatedKey): Promise<void> {
    const { random, recorder, neuron, finds } = this.#options;
    if (random.chance(0.08) && finds) return this.#find(memory, key);
    const fresh = random.chance(0.15);
    const record = recorder.read({ kind: 'get', neuron: neuron.life, fresh });
    const lived = neuron.incarnation;
    try {
      const found = await memory.get(key.address, fresh ? { fresh } : undefined);
      if (lived !== neuron.incarnation) return;
      record.saw([[key.name, found]]);
      this.#remember(key, found);
    } catch (error) {
      if (lived === neuron.incarnation) record.failed(error);
    }
  }

  async #find(memory: Memory, key: SimulatedKey): Promise<void> {
    const { recorder, neuron } = this.#options;
    const record = recorder.read({ kind: 'find', neuron: neuron.life, fresh: false });
    const lived = neuron.incarnation;
    try {
      const found = await memory.find(key.address, 'k2', key.name);
      if (lived !== neuron.incarnation) return;
      if (found !== undefined && keyOfAddress(found.address)?.name !== key.name) recorder.incident(`find on ${neuron.life} answered another key than ${key.name}`);
      record.saw([[key.name, found]]);
    } catch (error) {
      if (lived === neuron.incarnation) record.failed(error);
    }
  }

  async #list(memory: Memory): Promise<void> {
    const { random, recorder, neuron } = this.#options;
    const path = random.pick(PATHS);
    const kind = random.chance(0.5) ? 'list' : 'tree';
    const fresh = random.chance(0.1);
    const record = recorder.read({ kind, neuron: neuron.life, fresh });
    const lived = neuron.incarnation;
    try {
      const options = fresh ? { fresh } : {};
      const { items } = kind === 'list' ? await memory.list(path, options) : await memory.tree(path, options);
      if (lived !== neuron.incarnation) return;
      const found = new Map(items.map((each) => [keyOfAddress(each.address)?.name, each]));
      const covered = KEYS.filter(({ address }) => address.path === path.path || (kind === 'tree' && address.path.startsWith(`${path.path}/`)));
      record.saw(covered.map(({ name }) => [name, found.get(name)] as const));
    } catch (error) {
      if (lived === neuron.incarnation) record.failed(error);
    }
  }

  async #write(memory: Memory, key: SimulatedKey): Promise<void> {
    const { random, neuron, name, recorder } = this.#options;
    const known = this.#known.get(key.name);
    const kind = chooseKind(random, key, known);
    const deletes = kind === 'delete' || kind === 'compare-and-delete';
    this.#markers += 1;
    const marker = deletes ? undefined : `${name}.${this.#markers}`;
    const expected = kind === 'compare-and-set' || kind === 'compare-and-delete' ? known : undefined;
    const end = recorder.write({ kind, neuron: neuron.life, key: key.name, marker, expected });
    const lived = neuron.incarnation;
    this.busy = `${kind} of ${key.name}`;
    const condition: WriteCondition = expected !== undefined ? { type: 'version', version: expected } : kind === 'create' ? { type: 'absent' } : { type: 'any' };
    try {
      let result: WriteResult | undefined;
      if (deletes) result = await memory.delete(key.address, { condition });
      else {
        const value: JsonValue = { m: marker as string };
        const expiry = kind === 'expire' ? { expiresInMs: 300 + random.below(2_500) } : {};
        result = await memory.put(key.address, value, { condition, secondary: { k2: key.name }, ...(kind === 'merge' ? { merge: true } : {}), ...expiry });
      }
      if (lived !== neuron.incarnation) return end({ error: new Error('the process ended') });
      end(result === undefined ? {} : { version: result.version, durable: result.durable });
      if (result !== undefined) this.#known.set(key.name, result.version);
    } catch (error) {
      if (lived === neuron.incarnation) end({ error });
    }
  }

  #remember(key: SimulatedKey, record: Kv4Record | undefined): void {
    if (record === undefined) this.#known.delete(key.name);
    else this.#known.set(key.name, record.version);
  }
}

function chooseKind(random: SeededRandom, key: SimulatedKey, known: string | undefined): WriteKind {
  if (key.role === 'expiring') return random.chance(0.75) ? 'expire' : random.chance(0.6) ? 'put' : 'delete';
  const draw = random.next();
  if (draw < 0.35) return 'put';
  if (draw < 0.5) return 'create';
  if (draw < 0.75) return known === undefined ? 'put' : 'compare-and-set';
  if (draw < 0.82) return 'merge';
  if (draw < 0.95) return 'delete';
  return known === undefined ? 'delete' : 'compare-and-delete';
}
