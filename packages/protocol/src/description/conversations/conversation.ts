/** One step of a conversation over a WebSocket: what the client sends, and what the neuron tells because of it. */
export interface ConversationStep {
  /** Letters, digits and hyphens; unique among all conversations. */
  readonly name: string;
  readonly summary: string;
  /** Absent: the client sends nothing, and the neuron is told to close. */
  readonly sends?: unknown;
  /** Those that answer the request, or belong to one watch, come in this order. */
  readonly tells: readonly object[];
  /** JSON pointers into each of `tells`, of what differs from run to run besides fields that always do; `*` stands for any item. */
  readonly varies?: readonly string[];
}

/** Everything that is said over one connection. */
export interface Conversation {
  readonly name: string;
  readonly summary: string;
  readonly steps: readonly ConversationStep[];
}
