import type { NeuronLife } from '../membership.ts';
import type { StoredLease } from './lease.ts';
import { answerValidMs, MISSED_PINGS, REFUSED_PINGS, type MembershipTimes } from './times.ts';

/** What one neuron has gathered about another. Times are of its own monotonic clock. */
export interface OtherNeuron {
  life: NeuronLife;
  lease: StoredLease | undefined;
  /** When the lease was last seen to change. */
  leaseChangedAtMs: number;
  /** It has answered, or was seen renewing: it was there in our time. */
  proved: boolean;
  answeredAtMs: number | undefined;
  /** Pings without an answer since the last one with. */
  misses: number;
  missedSinceMs: number;
  refused: boolean;
  /** What other neurons say: whether they have an answer of it. */
  readonly opinions: Map<string, Opinion>;
  /** The version of the lease that the database confirmed to be the newest. */
  confirmedVersion: string | undefined;
  /** When this life was given up; it does not come back. */
  diedAtMs: number | undefined;
}

/** What another neuron said when it was asked. */
export interface Opinion {
  readonly sees: boolean;
  readonly atMs: number;
}

/** A neuron that was heard of for the first time, or in a new life. */
export function newOther(life: NeuronLife, atMs: number): OtherNeuron {
  return {
    life: { neuron: life.neuron, incarnation: life.incarnation },
    lease: undefined,
    leaseChangedAtMs: atMs,
    proved: false,
    answeredAtMs: undefined,
    misses: 0,
    missedSinceMs: atMs,
    refused: false,
    opinions: new Map(),
    confirmedVersion: undefined,
    diedAtMs: undefined,
  };
}

/** Notes an answer to a ping, or a ping of its own: it is there. */
export function noteSign(other: OtherNeuron, atMs: number): void {
  other.answeredAtMs = atMs;
  other.proved = true;
  other.misses = 0;
  other.refused = false;
  other.confirmedVersion = undefined;
  other.opinions.clear();
}

/** Notes a ping without an answer. */
export function noteMiss(other: OtherNeuron, refused: boolean, atMs: number): void {
  if (other.misses === 0) other.missedSinceMs = atMs;
  other.misses += 1;
  other.refused = refused;
}

/** Forgets what was gathered against it: after a standstill of our own it proves nothing. */
export function beginAnew(other: OtherNeuron, atMs: number): void {
  other.misses = 0;
  other.refused = false;
  other.answeredAtMs = undefined;
  other.leaseChangedAtMs = atMs;
  other.confirmedVersion = undefined;
  other.opinions.clear();
}

/** Whether it answered a short time ago. */
export function isSeen(other: OtherNeuron, atMs: number, times: MembershipTimes): boolean {
  return other.diedAtMs === undefined && other.misses === 0 && other.answeredAtMs !== undefined && atMs - other.answeredAtMs <= answerValidMs(times);
}

/** What else a judgement goes by. */
export interface JudgementContext {
  readonly atMs: number;
  readonly times: MembershipTimes;
  /** Other neurons that answer now, and so can be asked. */
  readonly voters: readonly string[];
  readonly databaseReachable: boolean;
}

/**
 * - `live`: nothing speaks against it.
 * - `suspect`: it does not answer; not enough for more.
 * - `confirm`: everything says that it is dead; what is missing is the database's word that its lease was not renewed meanwhile.
 * - `dead`: it is given up.
 */
export type Judgement = 'live' | 'suspect' | 'confirm' | 'dead';

/**
 * Judges another neuron: dead is who misses pings *and* lets the lease go stale, where another neuron that can be asked agrees and none that can be asked has an answer of it.
 * While the database is away, leases say nothing: then the pings have to be missed for as long, and the agreement of another is required.
 */
export function judge(other: OtherNeuron, context: JudgementContext): Judgement {
  const { atMs, times, voters, databaseReachable } = context;
  if (other.diedAtMs !== undefined) return 'dead';
  if (other.misses === 0) return 'live';
  if (other.misses < (other.refused ? REFUSED_PINGS : MISSED_PINGS)) return 'suspect';
  if (!isAgreed(other, context)) return 'suspect';
  const patienceMs = other.refused ? times.refusedLeaseTtlMs : times.leaseTtlMs;
  if (!databaseReachable) return voters.length > 0 && atMs - other.missedSinceMs >= patienceMs ? 'dead' : 'suspect';
  if (atMs - other.leaseChangedAtMs < patienceMs) return 'suspect';
  return other.lease !== undefined && other.confirmedVersion === other.lease.version ? 'dead' : 'confirm';
}

function isAgreed(other: OtherNeuron, { atMs, times, voters }: JudgementContext): boolean {
  if (voters.length === 0) return true;
  let agreed = false;
  for (const voter of voters) {
    const opinion = other.opinions.get(voter);
    if (opinion === undefined || atMs - opinion.atMs > answerValidMs(times)) continue;
    if (opinion.sees) return false;
    agreed = true;
  }
  return agreed;
}
