import { Kv4Error, type Kv4Record } from '@xir/kv4-core';
import type { AnswerAtEnd, StaleAnswer } from '../faces/held-answer.ts';
import type { SimulatedClock } from '../time/simulated-clock.ts';
import type { AgeSample, HealthSample, Outcome, ReadEvent, Upheaval, WatchHistory, WriteEvent, WriteKind } from './history.ts';
import { markerOf } from './truth.ts';

/** Codes that say for certain that a write did not happen. */
const REFUSALS = new Set(['KV4_VERSION_CONFLICT', 'KV4_ALREADY_EXISTS', 'KV4_NOT_FOUND', 'KV4_VERSION_MISSING', 'KV4_UNAVAILABLE', 'KV4_BUSY', 'KV4_REJECTED']);

/** Keeps everything that clients saw, in the order in which it happened, and a hash of it. */
export class Recorder {
  readonly writes: WriteEvent[] = [];
  readonly reads: ReadEvent[] = [];
  readonly ages: AgeSample[] = [];
  readonly healths: HealthSample[] = [];
  readonly watches: WatchHistory[] = [];
  readonly upheavals: Upheaval[] = [];
  /** What client-side caches held that their neurons did not show any more. */
  readonly staleAnswers: StaleAnswer[] = [];
  /** What client-side caches held when everything was over. */
  readonly answersAtEnd: AnswerAtEnd[] = [];
  /** What must not happen at all. */
  readonly incidents: string[] = [];
  /** Names of faults that really took place. */
  readonly faults = new Map<string, number>();
  /** Lines for somebody who reads; only kept when asked for. */
  readonly lines: string[] | undefined;
  readonly #clock: SimulatedClock;
  #order = 0;
  #hash = 0x811c9dc5;

  constructor(clock: SimulatedClock, traced: boolean) {
    this.#clock = clock;
    this.lines = traced ? [] : undefined;
  }

  /** Thirty-two bits that differ where anything that was recorded differs. */
  get hash(): number {
    return this.#hash >>> 0;
  }

  /** Monotonic time of the simulation, in milliseconds. */
  get nowMs(): number {
    return this.#clock.monotonic();
  }

  get traced(): boolean {
    return this.lines !== undefined;
  }

  /** The next number in the order of calls and answers. */
  tick(): number {
    this.#order += 1;
    return this.#order;
  }

  /** Something happened: it goes into the hash, and into the trace if there is one. */
  note(line: string): void {
    let hash = this.#hash ^ Math.floor(this.#clock.monotonic() * 16);
    for (let index = 0; index < line.length; index += 1) hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193);
    this.#hash = hash;
    this.lines?.push(`${this.#clock.monotonic().toFixed(1).padStart(9)}  ${line}`);
  }

  fault(kind: string, detail: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.note(`fault ${kind} ${detail}`);
  }

  incident(what: string): void {
    this.incidents.push(what);
    this.note(`incident ${what}`);
  }

  /** Begins the record of a write; the answer takes its end. */
  write(asked: { readonly kind: WriteKind; readonly neuron: string; readonly key: string; readonly marker: string | undefined; readonly expected: string | undefined }) {
    const startMs = this.#clock.monotonic();
    const startOrder = this.tick();
    this.note(`${asked.neuron} ${asked.kind} ${asked.key} ${asked.marker ?? ''} ${asked.expected ?? ''}`);
    return (end: { readonly version?: string; readonly durable?: boolean; readonly error?: unknown }): void => {
      const code = end.error instanceof Kv4Error ? end.error.code : undefined;
      if (end.error !== undefined && code === undefined) this.incident(`${asked.kind} ${asked.key} on ${asked.neuron} threw ${end.error instanceof Error ? end.error.message : 'something that is no error'}`);
      const outcome = outcomeOf(end, code);
      this.writes.push({ ...asked, startMs, startOrder, endMs: this.#clock.monotonic(), endOrder: this.tick(), outcome, version: end.version, durable: end.durable ?? true, code });
      this.note(`${asked.neuron} ${asked.kind} ${asked.key} ${asked.marker ?? ''}: ${outcome} ${end.version ?? code ?? ''}${end.durable === false ? ' not durable' : ''}`);
    };
  }

  /** Begins the record of a read. */
  read(asked: { readonly kind: ReadEvent['kind']; readonly neuron: string; readonly fresh: boolean }) {
    const startMs = this.#clock.monotonic();
    const startOrder = this.tick();
    return {
      saw: (seen: readonly (readonly [string, Kv4Record | undefined])[]): void => {
        const endOrder = this.tick();
        for (const [key, record] of seen) {
          this.reads.push({ ...asked, key, startMs, startOrder, endMs: this.#clock.monotonic(), endOrder, version: record?.version, marker: record === undefined ? undefined : markerOf(record.value) });
          this.note(`${asked.neuron} ${asked.fresh ? 'fresh ' : ''}${asked.kind} ${key}: ${record?.version ?? 'nothing'}`);
        }
      },
      failed: (error: unknown): void => {
        if (!(error instanceof Kv4Error)) this.incident(`${asked.kind} on ${asked.neuron} threw ${String(error)}`);
        this.note(`${asked.neuron} ${asked.fresh ? 'fresh ' : ''}${asked.kind} failed: ${error instanceof Kv4Error ? error.code : String(error)}`);
      },
    };
  }
}

function outcomeOf(end: { readonly version?: string; readonly error?: unknown }, code: string | undefined): Outcome {
  if (end.error === undefined) return end.version === undefined ? 'nothing' : 'acknowledged';
  return code !== undefined && REFUSALS.has(code) ? 'refused' : 'unknown';
}
