import { CouchError, isCouchError, type Clock, type CouchDatabase, type Random } from '@xir/couch-client';
import type { IdentityCheck, IdentityResult, IdentityVerdict } from './identity.ts';

/** Id of the document that holds a database's random epoch. */
export const EPOCH_DOCUMENT_ID = 'x!epoch';
/** Beginning of the ids of barrier documents; the neuron's name follows. */
export const BARRIER_DOCUMENT_PREFIX = 'x!barrier!';
/** Milliseconds between two barriers. */
export const DEFAULT_BARRIER_INTERVAL_MS = 180_000;

/** A barrier as the neuron remembers it. */
export interface RememberedBarrier {
  readonly rev: string;
  /** Counts the neuron's barriers. */
  readonly count: number;
  /** Random; drawn anew whenever the database turned out not to be the one it was, so that counting on cannot hide it. */
  readonly life: string;
}

/** What is remembered between two looks. */
export interface EpochIdentity {
  readonly epoch: string;
  readonly barrier?: RememberedBarrier;
}

/** What a look at the two documents found. */
export interface ObservedEpoch {
  readonly epoch: string;
  readonly barrier: RememberedBarrier | undefined;
}

/**
 * Decides whether a database is the one it was. Another epoch: it was made anew. Our barrier gone, of another life, behind the one we remember, or of the
 * same count but another revision: it was put back to an earlier state. A barrier ahead of the one we remember is one whose record was lost in a crash. Pure.
 */
export function compareEpoch(remembered: EpochIdentity | undefined, observed: ObservedEpoch): IdentityVerdict {
  if (remembered === undefined) return 'first';
  if (remembered.epoch !== observed.epoch) return 'recreated';
  const before = remembered.barrier;
  if (before === undefined) return 'same';
  const now = observed.barrier;
  if (now === undefined || now.life !== before.life || now.count < before.count) return 'restored';
  return now.count === before.count && now.rev !== before.rev ? 'restored' : 'same';
}

/** Settings of {@link epochIdentity}. */
export interface EpochIdentityOptions {
  readonly database: CouchDatabase;
  /** Name of the neuron, 1–24 characters `[a-z0-9]`. */
  readonly neuron: string;
  /** Default: the client's. */
  readonly random?: Random;
  /** Default: the client's. */
  readonly clock?: Clock;
  /** Default {@link DEFAULT_BARRIER_INTERVAL_MS}. */
  readonly barrierIntervalMs?: number;
}

function isIdentity(value: unknown): value is EpochIdentity {
  return typeof value === 'object' && value !== null && typeof (value as { epoch?: unknown }).epoch === 'string';
}

function randomWord(random: Random): string {
  let word = '';
  while (word.length < 32) word += Math.floor(random() * 0x1_0000_0000).toString(16).padStart(8, '0');
  return word.slice(0, 32);
}

/**
 * An identity check on two documents it writes itself: `x!epoch`, a random value written once, and `x!barrier!<neuron>`, rewritten after every start and every few minutes.
 * Throws a `TypeError` for a name that is none.
 */
export function epochIdentity(options: EpochIdentityOptions): IdentityCheck {
  const { database, neuron } = options;
  if (!/^[a-z0-9]{1,24}$/.test(neuron)) throw new TypeError('a neuron is named by 1–24 characters a–z and 0–9');
  const random = options.random ?? database.client.random;
  const clock = options.clock ?? database.client.clock;
  const barrierId = BARRIER_DOCUMENT_PREFIX + neuron;
  let known: EpochIdentity | undefined;
  let newLife = false;

  async function readEpoch(signal: AbortSignal): Promise<string> {
    for (;;) {
      const document = await database.get<{ epoch?: unknown }>(EPOCH_DOCUMENT_ID, { signal });
      if (typeof document?.epoch === 'string') return document.epoch;
      const rev = (document as { _rev?: string } | undefined)?._rev;
      const epoch = randomWord(random);
      try {
        await database.put(EPOCH_DOCUMENT_ID, { epoch, ...(rev === undefined ? {} : { _rev: rev }) }, signal);
        return epoch;
      } catch (error) {
        // Another neuron was first: its epoch holds.
        if (!isCouchError(error, 'COUCH_CONFLICT')) throw error;
      }
    }
  }

  async function readBarrier(signal: AbortSignal): Promise<RememberedBarrier | undefined> {
    const document = await database.get<{ _rev: string; count?: unknown; life?: unknown }>(barrierId, { signal });
    if (document === undefined) return undefined;
    const { _rev: rev, count, life } = document;
    return { rev, count: typeof count === 'number' ? count : 0, life: typeof life === 'string' ? life : '' };
  }

  async function writeBarrier(before: RememberedBarrier | undefined, signal: AbortSignal): Promise<RememberedBarrier> {
    const count = (before?.count ?? 0) + 1;
    const life = newLife || before === undefined ? randomWord(random) : before.life;
    const body = { count, life, writtenAtMs: clock.now(), ...(before === undefined ? {} : { _rev: before.rev }) };
    const { rev } = await database.put(barrierId, body, signal);
    newLife = false;
    return { rev, count, life };
  }

  return {
    refreshMs: options.barrierIntervalMs ?? DEFAULT_BARRIER_INTERVAL_MS,
    async check(remembered, signal): Promise<IdentityResult> {
      const epoch = await readEpoch(signal);
      const barrier = await readBarrier(signal);
      const observed: ObservedEpoch = { epoch, barrier };
      const verdict = compareEpoch(isIdentity(remembered) ? remembered : undefined, observed);
      if (verdict === 'recreated' || verdict === 'restored') newLife = true;
      known = barrier === undefined ? { epoch } : { epoch, barrier };
      return { verdict, identity: known };
    },
    async refresh(signal): Promise<unknown> {
      if (known === undefined) return undefined;
      // What is there was compared by `check`, or written by us; a conflict means that our last answer was lost or another process bears our name.
      const { epoch } = known;
      try {
        known = { epoch, barrier: await writeBarrier(known.barrier, signal) };
      } catch (error) {
        if (!isCouchError(error, 'COUCH_CONFLICT')) throw error;
        const barrier = await readBarrier(signal);
        if (barrier === undefined) throw new CouchError('COUCH_NOT_FOUND', 'the barrier is gone: this is not the database that it was', { cause: error });
        if (compareEpoch(known, { epoch, barrier }) !== 'same') throw error;
        known = { epoch, barrier: await writeBarrier(barrier, signal) };
      }
      return known;
    },
  };
}
