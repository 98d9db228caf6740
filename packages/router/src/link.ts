/**
 * What became of a message.
 *
 * - `delivered`: the other neuron's handler has had it.
 * - `undelivered`: it has not, and will not.
 * - `unknown`: the connection was lost on the way; it may have, or not. It is not sent again.
 */
export type LinkOutcome = 'delivered' | 'undelivered' | 'unknown';

/** Takes messages that another neuron sent, in the order in which it sent them. Must not throw. */
export type LinkHandler = (fromNeuron: string, messages: readonly string[]) => void;

/**
 * How neurons reach one another: one hop, from any to any. A message is a text that is nobody's business but the router's.
 *
 * What is promised: messages from one neuron to another are handed over in the order of the calls, each at most once, also over a reconnect; every message has one
 * outcome, told after the call has returned, in bounded time; what waits is bounded, and more than that is `undelivered`. `fromNeuron` is proved, not claimed.
 */
export interface LinkTransport {
  /** Sends a message to another neuron, together with the others of this turn. */
  send(neuron: string, message: string, onOutcome: (outcome: LinkOutcome) => void): void;
  /** Sets who takes what arrives. What arrives earlier than this is `undelivered` to its sender. Gives back how to stop that. */
  onMessages(handler: LinkHandler): () => void;
}
