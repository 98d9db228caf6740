import { markerOf } from './database-reading.ts';
import type { ReadEvent, Seen, WriteEvent, WriteKind } from './history.ts';
import { CLEARED_PATH, keyName, keysAt, LAYERS, TEST_KEYS, type TestKey } from './key-space.ts';
import type { Neuron } from './processes/neuron.ts';
import type { Recorder } from './recorder.ts';
import { RestConnection, type RestAnswer, type RestRequest } from './rest-connection.ts';
import type { SeededRandom } from './seeded-random.ts';

/** A record as REST shows it with `as=datum`. */
export interface Datum {
  readonly k: string;
  readonly l: string;
  readonly p: string;
  readonly v: unknown;
  readonly _id: string;
  readonly m?: { readonly k2?: string };
}

/** What a client works with. */
export interface ClientOptions {
  readonly name: string;
  readonly random: SeededRandom;
  readonly neurons: readonly Neuron[];
  readonly recorder: Recorder;
  /** Aborted when traffic is to end. */
  readonly signal: AbortSignal;
}

/** Error strings that say that a write did not happen. */
const REFUSALS = new Set(['version_conflict', '_ver_missing', 'not_found', 'bad_option', 'locked']);
/** Milliseconds between two operations of a client, at most. */
const PAUSE_MS = 20;

/** One client: does one thing after the other, as its seed says, and writes down what it was told. */
export class Client {
  readonly #options: ClientOptions;
  readonly #connection = new RestConnection();
  readonly #lastVersion = new Map<string, string>();
  #lastMarker = '';
  #writes = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Works until the signal. */
  async run(): Promise<void> {
    const { random, signal } = this.#options;
    while (!signal.aborted) {
      await this.#step();
      await new Promise((resolve) => setTimeout(resolve, random.below(PAUSE_MS)));
    }
    this.#connection.close();
  }

  async #step(): Promise<void> {
    const { random, neurons } = this.#options;
    const neuron = random.pick(neurons);
    const key = random.pick(TEST_KEYS);
    const chance = random.next();
    const fresh = random.next() < 0.3;
    if (!neuron.ready) return;
    if (chance < 0.3) await this.#get(neuron, key, fresh);
    else if (chance < 0.38) await this.#list(neuron, { layer: key.layer, path: key.path, tree: false, fresh });
    else if (chance < 0.42) await this.#list(neuron, { layer: random.pick(LAYERS), path: random.pick(['/o/a', '/']), tree: true, fresh });
    else if (chance < 0.46) await this.#find(neuron, key);
    else if (chance < 0.48) await this.#write(neuron, key, 'delete-path');
    else await this.#write(neuron, key, this.#kindFor(key, random.next()));
  }

  #kindFor({ role }: TestKey, chance: number): WriteKind {
    if (role !== 'plain') return chance < 0.85 ? 'put' : 'delete';
    if (chance < 0.3) return 'put';
    if (chance < 0.65) return 'compare-and-set';
    if (chance < 0.75) return 'create';
    if (chance < 0.85) return 'merge';
    return chance < 0.93 ? 'delete' : 'compare-and-delete';
  }

  async #get(neuron: Neuron, key: TestKey, fresh: boolean): Promise<void> {
    const target = `/_data${key.path}?k=${key.key}&${layerOf(key.layer)}${fresh ? 'fresh=1' : 'as=0'}`;
    await this.#read({ neuron, kind: 'get', fresh, target }, (answer) => {
      if (answer.result === 'not_found') return new Map([[key.name, { absent: true }]]);
      const version = answer.version ?? (answer.value as { _ver_: string })._ver_;
      this.#lastVersion.set(key.name, version);
      return new Map([[key.name, { absent: false, version, marker: markerOf(answer.value) }]]);
    });
  }

  async #list(neuron: Neuron, { layer, path, tree, fresh }: { layer: string; path: string; tree: boolean; fresh: boolean }): Promise<void> {
    const target = `/_data${path}?as=datum&${layerOf(layer)}${tree ? 'tree=1&' : ''}${fresh ? 'fresh=1' : ''}`;
    await this.#read({ neuron, kind: tree ? 'tree' : 'list', fresh, target }, ({ value }) => {
      const seen = new Map<string, Seen>(keysAt(layer, path, tree).map(({ name }) => [name, { absent: true }]));
      for (const datum of value as Datum[]) seen.set(...seenIn(datum));
      return seen;
    });
  }

  async #find(neuron: Neuron, key: TestKey): Promise<void> {
    const wanted = this.#lastMarker === '' ? 'nobody' : this.#lastMarker;
    const target = `/_data${key.path}?k2=${wanted}&as=datum&${layerOf(key.layer)}`;
    await this.#read({ neuron, kind: 'find', fresh: false, target }, ({ result, value }) => {
      if (result === 'not_found') return new Map();
      const datum = value as Datum;
      if (datum.m?.k2 !== wanted) this.#options.recorder.incident(`a search for ${wanted} found ${JSON.stringify(datum)}`);
      return new Map([seenIn(datum)]);
    });
  }

  async #write(neuron: Neuron, key: TestKey, kind: WriteKind): Promise<void> {
    const { recorder, name } = this.#options;
    const expected = kind.startsWith('compare') ? (this.#lastVersion.get(key.name) ?? '000000000001-none') : undefined;
    this.#writes += 1;
    const marker = kind.includes('delete') ? undefined : `${name}-${this.#writes}`;
    if (marker !== undefined) this.#lastMarker = marker;
    const subject = kind === 'delete-path' ? `${key.layer} ${CLEARED_PATH}` : key.name;
    const about = { kind, neuron: neuron.identity, client: name, key: subject, ...(marker === undefined ? {} : { marker }), ...(expected === undefined ? {} : { expected }) };
    const startMs = recorder.now();
    const answer = await this.#send(neuron, requestFor({ key, kind, marker, expected }));
    const endMs = recorder.now();
    // Decided against the database, it says nothing of the neuron's cache.
    if (answer.result === 'ok' && kind.endsWith('delete') && answer.value === 0) {
      recorder.reads.push({ type: 'read', kind: 'refused-write', neuron: `${about.neuron}, its database`, client: name, startMs, endMs, fresh: true, seen: new Map([[key.name, { absent: true }]]) });
      return;
    }
    const outcome = answer.result === 'ok' ? 'acknowledged' : REFUSALS.has(answer.result) ? 'refused' : 'unknown';
    if (outcome === 'unknown') recorder.failure(answer.result);
    if (answer.version !== undefined && outcome === 'acknowledged') this.#lastVersion.set(key.name, answer.version);
    const event: WriteEvent = {
      type: 'write',
      ...about,
      startMs,
      endMs,
      outcome,
      ...(outcome === 'acknowledged' && answer.version !== undefined ? { version: answer.version } : {}),
      ...(answer.durable === false ? { durable: false } : {}),
    };
    recorder.writes.push(event);
  }

  async #read(about: { neuron: Neuron; kind: ReadEvent['kind']; fresh: boolean; target: string }, seenOf: (answer: RestAnswer) => ReadonlyMap<string, Seen>): Promise<void> {
    const { recorder, name } = this.#options;
    const { neuron, kind, fresh, target } = about;
    const identity = neuron.identity;
    const startMs = recorder.now();
    const answer = await this.#send(neuron, { method: 'GET', target });
    const endMs = recorder.now();
    if (answer.result !== 'ok' && answer.result !== 'not_found') return recorder.failure(answer.result);
    recorder.reads.push({ type: 'read', kind, neuron: identity, client: name, startMs, endMs, fresh, seen: seenOf(answer), ...(answer.age === undefined ? {} : { age: answer.age }) });
  }

  async #send(neuron: Neuron, request: RestRequest): Promise<RestAnswer> {
    try {
      const answer = await this.#connection.send(neuron.restUrl, request);
      if (answer.result === 'internal' || answer.result.startsWith('bad_')) this.#options.recorder.incident(`${request.method} ${request.target} was answered ${answer.result}`);
      return answer;
    } catch (error) {
      // A neuron that is killed or stands still answers nothing; what that means is up to the caller.
      return { result: error instanceof Error ? `no answer: ${(error as NodeJS.ErrnoException).code ?? error.name}` : 'no answer', value: undefined };
    }
  }
}

function requestFor({ key, kind, marker, expected }: { key: TestKey; kind: WriteKind; marker: string | undefined; expected: string | undefined }): RestRequest {
  const condition: Record<string, string> = kind === 'create' ? { 'if-none-match': '*' } : expected === undefined ? {} : { 'if-match': `"${expected}"` };
  if (kind === 'delete-path') return { method: 'DELETE', target: `/_data${CLEARED_PATH}?${layerOf(key.layer)}` };
  if (marker === undefined) return { method: 'DELETE', target: `/_data${key.path}?k=${key.key}&${layerOf(key.layer)}`, headers: condition };
  const forced = kind === 'put' ? { _ver_: '_splat_' } : {};
  const expiring = key.role === 'expiring' ? '&expire=3' : '';
  return {
    method: kind === 'merge' ? 'PATCH' : 'PUT',
    target: `/_data${key.path}?${layerOf(key.layer)}${expiring}`,
    headers: condition,
    body: { k: key.key, k2: marker, v: { w: marker, text: 'x'.repeat(60), ...forced } },
  };
}

function layerOf(layer: string): string {
  return layer === '*data' ? '' : `l=${encodeURIComponent(layer)}&`;
}

/** What a record says of its key. */
export function seenIn({ l, p, k, v, _id }: Datum): [string, Seen] {
  return [keyName(l, p, k), { absent: false, version: _id, marker: markerOf(v) }];
}

