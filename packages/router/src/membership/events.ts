import type { NeuronLife } from '../membership.ts';
import type { NeuronFacts, StoredLease } from './lease.ts';

/** What happens to a {@link MembershipMachine}. `atMs` is monotonic. */
export type MembershipEvent =
  /** A lease was read or came with the feed; the own one too. */
  | { readonly type: 'lease'; readonly lease: StoredLease; readonly atMs: number }
  /** A lease is not there any more. */
  | { readonly type: 'lease-gone'; readonly neuron: string; readonly atMs: number }
  /** The database said, when asked just now, that this is the newest version of a lease. */
  | { readonly type: 'lease-confirmed'; readonly neuron: string; readonly version: string; readonly atMs: number }
  /** A neuron answered a ping, or pinged. `sees` tells of which of the neurons asked about it has an answer. */
  | { readonly type: 'answer'; readonly life: NeuronLife; readonly sees: Readonly<Record<string, boolean>>; readonly atMs: number }
  /** A neuron did not answer; `refused` where its host refused the connection at once. */
  | { readonly type: 'miss'; readonly neuron: string; readonly refused: boolean; readonly atMs: number }
  /** Another neuron says that it gave up this life of ours. */
  | { readonly type: 'given-up'; readonly incarnation: string; readonly atMs: number }
  /** Whether the database could be reached when it was last tried. */
  | { readonly type: 'database'; readonly reachable: boolean; readonly atMs: number }
  /** The own lease was renewed by compare-and-set, in a write that began at `begunAtMs`: nobody had taken it. */
  | { readonly type: 'renewed'; readonly begunAtMs: number; readonly atMs: number }
  /** The own lease was taken over, or is gone: this life is given up. */
  | { readonly type: 'lease-lost'; readonly atMs: number }
  /** The own lease belongs to another process of the same name. */
  | { readonly type: 'superseded'; readonly atMs: number }
  /** The neuron is registered under a new incarnation, by work that began at `begunAtMs`. */
  | { readonly type: 'reborn'; readonly incarnation: string; readonly begunAtMs: number; readonly atMs: number }
  /** Time passes: to be told at least twice in a ping interval. `wallMs` is the wall clock. */
  | { readonly type: 'tick'; readonly atMs: number; readonly wallMs: number };

/** What a {@link MembershipMachine} wants done. */
export type MembershipAction =
  /** Who is live, or the own state, has changed. */
  | { readonly type: 'changed' }
  /** Read this lease from the database itself and tell. */
  | { readonly type: 'confirm'; readonly neuron: string }
  /** Renew the own lease now, to see whether it is still held. */
  | { readonly type: 'verify' }
  /** Register under a new incarnation. */
  | { readonly type: 'rebirth' }
  /** Take over the lease of a dead neuron, as it was last seen, and clean up behind it. */
  | { readonly type: 'clean-up'; readonly lease: StoredLease };

/**
 * How a neuron stands by its own judgement.
 *
 * - `serving`: it holds its lease, by all that it knows.
 * - `doubtful`: it stood still, or was cut off, and has yet to see whether it still holds its lease; or it is registering anew.
 * - `isolated`: it sees neither the database nor any other neuron, and suspects itself.
 * - `superseded`: another process with the same name holds the lease. For good.
 */
export type NeuronState = 'serving' | 'doubtful' | 'isolated' | 'superseded';

/** A live neuron as others see it. */
export interface KnownNeuron extends NeuronLife, NeuronFacts {
  /** It has missed pings, and may be found dead. */
  readonly suspect: boolean;
}

/** What a live neuron's being alive rests on, in milliseconds before the moment of asking. */
export interface NeuronEvidence extends NeuronLife {
  readonly suspect: boolean;
  /** Since its lease was last seen to change. */
  readonly leaseAgeMs: number;
  /** Since it answered a ping, or pinged; absent: it never did. */
  readonly answerAgeMs?: number;
}
