/** How long a neuron waits for another's answer, or for its feed to bring what a message has to stay behind, in milliseconds. */
export const REPLY_TIMEOUT_MS = 3_000;
