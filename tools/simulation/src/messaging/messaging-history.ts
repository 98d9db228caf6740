import type { AcknowledgementLevel, EndReason, Kick, NeuronLife, Recovery, SendReport, Target } from '@xir/router';

/** Something that was handed to a connection. */
export interface HandedOver {
  readonly type: 'message' | 'stored' | 'recovered';
  readonly order: number;
  readonly atMs: number;
  /** The number of the message; -1 where it is none of ours. */
  readonly message: number;
  readonly position: string | undefined;
  readonly previous: string | undefined;
  readonly recovery?: Recovery;
  /** When it was written to the socket; absent: it was not, or not yet. */
  writtenOrder?: number;
}

/** Why a connection is over: the router's reasons, and those of the world. */
export type ConnectionEnd = EndReason | 'left' | 'lost' | 'too-slow' | 'process-ended';

/** One connection of a client on one channel. */
export interface ConnectionHistory {
  readonly number: number;
  readonly user: string;
  readonly device: string;
  readonly path: string;
  readonly neuron: string;
  /** The neuron, with the number of its process. */
  readonly process: string;
  readonly since: string | undefined;
  readonly openedOrder: number;
  readonly openedAtMs: number;
  joinedAtMs: number;
  readonly handed: HandedOver[];
  recovery: Recovery | undefined;
  /** The state that the peer said of itself last, as JSON. */
  state: string | undefined;
  /** Who else is on the channel, as it was told: user and device, with the state. */
  readonly told: Map<string, string | undefined>;
  ended: { readonly order: number; readonly atMs: number; readonly by: ConnectionEnd } | undefined;
}

/** One message, each time that it was sent. */
export interface SentMessage {
  /** What its content says. A message that is sent again has the number of the first time. */
  readonly message: number;
  readonly connection: number;
  readonly order: number;
  readonly atMs: number;
  readonly target: Target;
  readonly level: AcknowledgementLevel;
  readonly id: string | undefined;
  /** Sent again, on this connection or an earlier one of the same client. */
  readonly isRepeat: boolean;
  /** Connections that the sender's neuron listed among the receivers then. */
  readonly listed: readonly number[];
  /** It was refused, with this code. */
  refused: string | undefined;
  readonly reports: { readonly report: SendReport; readonly order: number }[];
  readonly undelivered: { readonly report: SendReport; readonly order: number }[];
}

/** Somebody was taken off. */
export interface KickHistory {
  readonly kick: Kick;
  readonly order: number;
  /** Connections that the neuron on which it was asked for listed then. */
  readonly listed: readonly number[];
  report: SendReport | undefined;
  reportedOrder: number | undefined;
}

/** A process that ended without warning, and whom others still listed as connected to it when that had to be over. */
export interface DeathHistory {
  readonly process: string;
  readonly atMs: number;
  readonly ghosts: string[];
}

/** A neuron that served in a life that was not its own any more. */
export interface StaleService {
  readonly process: string;
  readonly life: NeuronLife;
  readonly forMs: number;
}

/** Cleaning up behind a life that ended. */
export interface TidyHistory {
  readonly janitor: string;
  readonly dead: NeuronLife;
  readonly fromMs: number;
  untilMs: number | undefined;
}

/** What a neuron listed when everything was over, and what is true of it. */
export interface ListedPresence {
  readonly neuron: string;
  readonly path: string;
  readonly listed: readonly string[];
  readonly connected: readonly string[];
  readonly users: number;
  readonly devices: number;
}

/** A message that a channel keeps. */
export interface KeptMessage {
  readonly version: string;
  readonly message: number;
  readonly sender: string;
  readonly id: string | undefined;
}

/** Somebody who listens, in one process. */
export interface ListeningHistory {
  readonly number: number;
  readonly path: string;
  readonly subtree: boolean;
  readonly process: string;
  readonly heard: { readonly message: number; readonly order: number; readonly atMs: number; readonly position: string | undefined }[];
  /** How often it was told that it may have missed something. */
  missed: number;
  /** When it was said to hear. */
  readyOrder: number | undefined;
}

/** A message of a publisher. */
export interface PublishedMessage {
  readonly message: number;
  readonly process: string;
  readonly path: string;
  readonly target: Target;
  readonly order: number;
  readonly atMs: number;
}

/** Everything that was seen of messaging in a schedule. */
export class MessagingHistory {
  readonly connections: ConnectionHistory[] = [];
  /** Processes that have ended. */
  readonly endedProcesses = new Set<string>();
  readonly sent: SentMessage[] = [];
  readonly listenings: ListeningHistory[] = [];
  readonly published: PublishedMessage[] = [];
  readonly kicks: KickHistory[] = [];
  readonly deaths: DeathHistory[] = [];
  readonly staleServices: StaleService[] = [];
  readonly tidied: TidyHistory[] = [];
  readonly presence: ListedPresence[] = [];
  /** Neurons whose host's clock was set ahead by more than ids are remembered, and the monotonic time of the last time. */
  readonly clocksAhead = new Map<string, number>();
  /** By path, oldest first. */
  readonly kept = new Map<string, readonly KeptMessage[]>();
  /** Monotonic time at which nothing was wrong any more, and nobody did anything. */
  quietAtMs = Number.POSITIVE_INFINITY;
}
