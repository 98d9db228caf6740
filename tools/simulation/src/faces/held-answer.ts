import type { SimulatedKey } from '../world/key-space.ts';

/** How a client is told of what it holds: by the key, by a watch of the hash, or by a watch of a prefix. */
export type Reach = 'key' | 'hash' | 'prefix';

/** An answer that a client keeps until it is told otherwise. */
export interface HeldAnswer {
  /** The request in words. */
  readonly request: string;
  /** The name under which it is invalidated. */
  readonly name: string;
  readonly reach: Reach;
  /** What it says of each key: the text of the value, `null` for nothing. */
  readonly says: ReadonlyMap<SimulatedKey, string | null>;
  readonly sinceMs: number;
}

/** An answer that was held while the neuron showed something else on its other connections. Times are monotonic milliseconds. */
export interface StaleAnswer {
  readonly client: string;
  readonly request: string;
  readonly reach: Reach;
  readonly key: string;
  readonly held: string | null;
  readonly shown: string | null;
  /** Values of the key expire. */
  readonly expires: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a client held when everything was over, and what the database has. */
export interface AnswerAtEnd {
  readonly client: string;
  readonly request: string;
  readonly key: string;
  /** Values of the key expire. */
  readonly expires: boolean;
  readonly held: string | null;
  readonly stored: string | null;
}
