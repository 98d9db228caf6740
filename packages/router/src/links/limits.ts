/** Most bytes of a frame on a link: what is larger ends the connection. */
export const MAX_LINK_FRAME_BYTES = 4_194_304;
/** Most bytes of one message. Larger ones are `undelivered`. */
export const MAX_LINK_MESSAGE_BYTES = 3_145_728;
/** Characters from which on a frame takes no further message. */
export const LINK_BATCH_CHARACTERS = 131_072;
/** Characters on their way to a neuron without its answer; beyond that, messages wait. */
export const LINK_WINDOW_CHARACTERS = 4_194_304;
/** Most frames that a neuron may send in a second: more ends the connection. */
export const MAX_LINK_FRAMES_PER_SECOND = 50_000;

/** What bounds the links of a neuron. */
export interface LinkLimits {
  /** Messages that may wait for one neuron. Default {@link DEFAULT_MAX_QUEUED_MESSAGES}. */
  readonly maxQueuedMessages: number;
  /** Characters that may wait for one neuron. Default {@link DEFAULT_MAX_QUEUED_CHARACTERS}. */
  readonly maxQueuedCharacters: number;
  /** Until a connection is there. Default {@link DEFAULT_DIAL_TIMEOUT_MS}. */
  readonly dialTimeoutMs: number;
  /** Until the other neuron has said that it took a frame. Default {@link DEFAULT_ACKNOWLEDGE_TIMEOUT_MS}. */
  readonly acknowledgeTimeoutMs: number;
  /** Connections to the link's port, those that have not proved who they are included. Default {@link DEFAULT_MAX_LINK_CONNECTIONS}. */
  readonly maxConnections: number;
  /** Those of them that have not proved yet who they are; when one more comes, the one that came first is cut. Default {@link DEFAULT_MAX_UNPROVED_CONNECTIONS}. */
  readonly maxUnprovedConnections: number;
  /** How long one may take to prove who it is. Default {@link DEFAULT_PROOF_TIMEOUT_MS}. */
  readonly proofTimeoutMs: number;
}

/** Default of {@link LinkLimits.maxQueuedMessages}. */
export const DEFAULT_MAX_QUEUED_MESSAGES = 100_000;
/** Default of {@link LinkLimits.maxQueuedCharacters}. */
export const DEFAULT_MAX_QUEUED_CHARACTERS = 33_554_432;
/** Default of {@link LinkLimits.dialTimeoutMs}, in milliseconds. */
export const DEFAULT_DIAL_TIMEOUT_MS = 2000;
/** Default of {@link LinkLimits.acknowledgeTimeoutMs}, in milliseconds. */
export const DEFAULT_ACKNOWLEDGE_TIMEOUT_MS = 5000;
/** Default of {@link LinkLimits.maxConnections}. */
export const DEFAULT_MAX_LINK_CONNECTIONS = 1024;
/** Default of {@link LinkLimits.maxUnprovedConnections}. */
export const DEFAULT_MAX_UNPROVED_CONNECTIONS = 128;
/** Default of {@link LinkLimits.proofTimeoutMs}, in milliseconds. */
export const DEFAULT_PROOF_TIMEOUT_MS = 5000;

/** All limits at their defaults. */
export const DEFAULT_LINK_LIMITS: LinkLimits = Object.freeze({
  maxQueuedMessages: DEFAULT_MAX_QUEUED_MESSAGES,
  maxQueuedCharacters: DEFAULT_MAX_QUEUED_CHARACTERS,
  dialTimeoutMs: DEFAULT_DIAL_TIMEOUT_MS,
  acknowledgeTimeoutMs: DEFAULT_ACKNOWLEDGE_TIMEOUT_MS,
  maxConnections: DEFAULT_MAX_LINK_CONNECTIONS,
  maxUnprovedConnections: DEFAULT_MAX_UNPROVED_CONNECTIONS,
  proofTimeoutMs: DEFAULT_PROOF_TIMEOUT_MS,
});
