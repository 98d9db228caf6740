import { coverOf, headId, recordFromValue, type KeyAddress, type Kv4Record, type WatchEvent } from '@xir/kv4-core';
import { CacheState, type Ticket } from '../src/cache-state.ts';
import type { SeededRandom } from './seeded-random.ts';

const KEYS = ['a', 'b', 'c'].map((key): KeyAddress => ({ bucket: 'b', layer: '*data', path: '/p', key }));
const LIMITS = { maxEntries: 2, maxBytes: 100_000, maxAgeMs: 1_000_000 };

/** One state of a key on the neuron. A greater number is later. */
interface Moment {
  readonly number: number;
  readonly version: string | undefined;
  readonly record: Kv4Record | undefined;
}

/** A read or a write: begun, then carried out by the neuron, then answered. */
interface Request {
  readonly key: number;
  readonly ticket: Ticket;
  readonly kind: 'read' | 'put' | 'delete';
  made: Moment | undefined;
  fails: boolean;
}

/** What is on its way to the client on the connection of its watch, in order. */
type Told = { readonly type: 'open' } | { readonly type: 'event'; readonly key: number; readonly moment: Moment } | { readonly type: 'reset' } | { readonly type: 'end-of-initial' };

/** A neuron, a network that delays everything, and a cache, which is checked with every step. */
export class SimulatedCache {
  readonly #random: SeededRandom;
  readonly #cache = new CacheState([coverOf({ type: 'path', address: KEYS[0] as KeyAddress })], LIMITS);
  readonly #truth: Moment[] = KEYS.map(() => ({ number: 0, version: undefined, record: undefined }));
  /** The least that the client may be shown of each key from now on. */
  readonly #least = KEYS.map(() => 0);
  readonly #requests: Request[] = [];
  #told: Told[] = [];
  #connected = false;
  #number = 0;
  #nowMs = 1;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get hits(): number {
    return this.#cache.statistics.hits;
  }

  /** Something happens. Throws where the cache shows what it must not. */
  step(): void {
    const key = this.#random.below(KEYS.length);
    switch (this.#random.below(12)) {
      case 0:
        return void this.#change(key, this.#random.below(3));
      case 1:
        return this.#begin(key, 'read');
      case 2:
        return this.#begin(key, this.#random.below(3) === 0 ? 'delete' : 'put');
      case 3:
      case 4:
        return this.#carryOut();
      case 5:
      case 6:
        return this.#answer();
      case 7:
      case 8:
        return this.#deliver();
      case 9:
        return this.#look(key);
      case 10:
        if (this.#random.below(10) === 0) this.#cut();
        return this.#look(key);
      default:
        if (this.#random.below(20) === 0 && this.#connected) this.#restore();
        return this.#connect();
    }
  }

  /** Everything that is under way arrives; then every cached answer is the neuron's. */
  settle(): void {
    this.#connect();
    while (this.#requests.length > 0) {
      this.#carryOut();
      this.#answer();
    }
    while (this.#told.length > 0) this.#deliver();
    for (const key of KEYS.keys()) {
      this.#least[key] = this.#truth[key]?.number ?? 0;
      for (let n = 0; n < 2; n += 1) {
        this.#look(key);
        this.#begin(key, 'read');
        this.#carryOut();
        this.#answer();
      }
    }
  }

  /** 0: a put; 1: a deletion; 2: it is gone, and nobody says as which version. */
  #change(key: number, kind: number): Moment {
    this.#number += 1;
    const number = this.#number;
    const version = kind === 2 ? undefined : `${String(number).padStart(12, '0')}0000-n1`;
    const record = kind === 0 ? recordFromValue(KEYS[key] as KeyAddress, number, { version: version as string, author: 'a', secondary: {}, expiresAtMs: undefined, revision: undefined }) : undefined;
    const moment = { number, version, record };
    this.#truth[key] = moment;
    if (this.#connected) this.#told.push({ type: 'event', key, moment });
    return moment;
  }

  #begin(key: number, kind: Request['kind']): void {
    this.#requests.push({ key, kind, ticket: this.#cache.begin(headId(KEYS[key] as KeyAddress), 0), made: undefined, fails: this.#random.below(8) === 0 });
  }

  #carryOut(): void {
    const waiting = this.#requests.filter(({ made }) => made === undefined);
    const request = waiting[this.#random.below(waiting.length)];
    if (request === undefined) return;
    request.made = request.kind === 'read' ? this.#truth[request.key] : this.#change(request.key, request.kind === 'put' ? 0 : 1);
  }

  #answer(): void {
    const done = this.#requests.filter(({ made }) => made !== undefined);
    const request = done[this.#random.below(done.length)];
    if (request?.made === undefined) return;
    this.#requests.splice(this.#requests.indexOf(request), 1);
    const { ticket, key, made, kind } = request;
    if (request.fails) {
      if (kind !== 'read') this.#cache.forget(ticket.id);
    } else {
      if (kind === 'read') this.#cache.read(ticket, made.record, this.#nowMs);
      else this.#cache.wrote(ticket, { version: made.version as string, ...(made.record === undefined ? {} : { record: made.record }) }, this.#nowMs);
      // Whoever was answered this is not shown less any more.
      this.#least[key] = Math.max(this.#least[key] ?? 0, made.number);
    }
    this.#cache.end(ticket);
  }

  #connect(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.#told.push({ type: 'open' });
  }

  #cut(): void {
    this.#connected = false;
    this.#told = [];
    this.#cache.fall(0);
  }

  /** The database goes back: whatever is later from now on has lower versions than what was seen. */
  #restore(): void {
    this.#truth.fill({ number: 0, version: undefined, record: undefined });
    this.#number = 0;
    // Requests of before were answered by the database of before.
    this.#requests.length = 0;
    this.#told.push({ type: 'reset' }, { type: 'end-of-initial' });
    while (this.#told.length > 0) this.#deliver();
  }

  #deliver(): void {
    const told = this.#told.shift();
    const position = '';
    switch (told?.type) {
      case undefined:
        return;
      case 'open':
        return this.#cache.stand(0);
      case 'reset':
        this.#least.fill(0);
        return this.#cache.tell(0, { type: 'reset', reason: 'database-restored', position }, this.#nowMs);
      case 'end-of-initial':
        return this.#cache.tell(0, { type: 'end-of-initial', position }, this.#nowMs);
      case 'event': {
        const { key, moment } = told;
        const { record, version } = moment;
        const address = KEYS[key] as KeyAddress;
        const event: WatchEvent = record === undefined ? { type: 'delete', position, address, ...(version === undefined ? {} : { version }) } : { type: 'put', position, record };
        this.#least[key] = Math.max(this.#least[key] ?? 0, moment.number);
        return this.#cache.tell(0, event, this.#nowMs);
      }
    }
  }

  #look(key: number): void {
    this.#nowMs += 1;
    const found = this.#cache.look(headId(KEYS[key] as KeyAddress), 0, this.#nowMs);
    if (!found.found) return;
    if (!this.#connected) throw new Error('it answered although nothing is told');
    const least = this.#least[key] ?? 0;
    // What is not there says nothing of when it went: it is right if the key was not there at the time of what was told or answered, or since.
    const shown = found.record === undefined ? this.#lastAbsence(key) : Number(found.record.value);
    if (shown < least) throw new Error(`key ${key}: shown ${found.record === undefined ? 'nothing' : shown}, told or answered ${least} before`);
    // Of absences nobody can say which it is.
    if (found.record !== undefined) this.#least[key] = shown;
  }

  /** The last number as which the key was not there, as far as it is still to be told. */
  #lastAbsence(key: number): number {
    const truth = this.#truth[key] as Moment;
    if (truth.record === undefined) return truth.number;
    const absent = this.#told.flatMap((told) => (told.type === 'event' && told.key === key && told.moment.record === undefined ? [told.moment.number] : []));
    const puts = this.#told.flatMap((told) => (told.type === 'event' && told.key === key && told.moment.record !== undefined ? [told.moment.number] : []));
    // It may have been absent right before the first put that is still to be told.
    return Math.max(...absent, puts.length === 0 ? -1 : Math.min(...puts) - 1);
  }
}
