import type { Mutant } from '../mutant.ts';

const SOURCE = 'packages/router/src/links/';
const STRANGERS = 'packages/router/test/link-strangers.test.ts';
const TEST = 'packages/router/test/tls-links.test.ts';

/** What secures and bounds the links between neurons. */
export const LINK_MUTANTS: readonly Mutant[] = [
  {
    name: 'link-certificate-of-the-system',
    without: 'Certificates of any authority open the port of the link.',
    file: `${SOURCE}link-server.ts`,
    find: 'rejectUnauthorized: true',
    replace: 'rejectUnauthorized: false',
    also: [{ find: 'socket instanceof TLSSocket && socket.authorized ?', replace: 'socket instanceof TLSSocket ?' }],
    heldBy: { file: STRANGERS, title: 'L8: with the certificate of another system' },
  },
  {
    name: 'link-dials-the-one-it-means',
    without: 'A neuron that was dialled is taken for the one that was meant, whoever it is.',
    file: `${SOURCE}tls-dial.ts`,
    find: 'servername: serverNameOf(neuron),',
    replace: 'servername: serverNameOf(neuron),\n      checkServerIdentity: () => undefined,',
    heldBy: { file: STRANGERS, title: 'L8: cannot make a neuron believe that they are another one' },
  },
  {
    name: 'link-believes-its-authority-alone',
    without: 'A neuron that dials believes certificates of any authority.',
    file: `${SOURCE}tls-dial.ts`,
    find: 'rejectUnauthorized: true,',
    replace: 'rejectUnauthorized: false,',
    heldBy: { file: STRANGERS, title: 'L8: who answers a dial with a certificate of another system' },
  },
  {
    name: 'revoked-is-cut-off',
    without: 'Connections of a revoked neuron go on.',
    file: `${SOURCE}tls-links.ts`,
    find: 'if (socket !== undefined && this.#isRevoked(neuron, socket.proof.serial)) socket.end();',
    replace: 'if (socket !== undefined) this.#isRevoked(neuron, socket.proof.serial);',
    heldBy: { file: STRANGERS, title: 'L9: a revoked neuron is cut off at once' },
  },
  {
    name: 'revoked-is-not-admitted',
    without: 'A revoked neuron is let in again.',
    file: `${SOURCE}tls-links.ts`,
    find: 'neuron === this.#options.neuron || this.#isRevoked(neuron, serial)) return',
    replace: 'neuron === this.#options.neuron) return',
    heldBy: { file: STRANGERS, title: 'L9: a revoked neuron is cut off at once' },
  },
  {
    name: 'certificate-renewal',
    without: 'A certificate is not renewed before it ends.',
    file: `${SOURCE}link-identity.ts`,
    find: 'if (this.endsAtMs - clock.now() <= lifetimeMs / 3) {',
    replace: 'if (this.endsAtMs - clock.now() <= 0) {',
    heldBy: { file: STRANGERS, title: 'L11: a certificate is renewed before it ends' },
  },
  {
    name: 'connection-ends-with-its-certificate',
    without: 'A connection outlives the certificate that proved it.',
    file: `${SOURCE}tls-links.ts`,
    find: 'if (socket !== undefined && socket.proof.endsAtMs <= nowMs) socket.end();',
    replace: 'if (socket === undefined && nowMs < 0) return;',
    heldBy: { file: STRANGERS, title: 'L11: a connection ends with the certificate' },
  },
  {
    name: 'ping-in-the-own-name',
    without: 'A neuron may ping in the name of another.',
    file: `${SOURCE}ping-text.ts`,
    find: "!isLife(from) || from.neuron !== neuron ||",
    replace: '!isLife(from) ||',
    heldBy: { file: TEST, title: 'L7: a ping in the name of another neuron' },
  },
  {
    name: 'link-queue-bound',
    without: 'Messages for a neuron queue up without a bound.',
    file: `${SOURCE}send-queue.ts`,
    find: 'if (this.waiting >= maxQueuedMessages || this.#waitingCharacters + message.length > maxQueuedCharacters) return false;',
    replace: 'if (this.waiting + maxQueuedMessages + maxQueuedCharacters < 0) return false;',
    heldBy: { file: TEST, title: 'L6: what waits is bounded' },
  },
  {
    name: 'link-flood',
    without: 'A neuron may send any number of frames.',
    file: `${SOURCE}link-socket.ts`,
    find: 'return this.#framesInSecond > MAX_LINK_FRAMES_PER_SECOND;',
    replace: 'return this.#framesInSecond < 0;',
    heldBy: { file: STRANGERS, title: 'L10: a neuron whose frames are too large' },
  },
  {
    name: 'link-lost-is-unknown',
    without: 'What was on its way when a connection was lost is sent again.',
    file: `${SOURCE}send-queue.ts`,
    find: "withOutcome(entries, 'unknown')",
    replace: "withOutcome(entries, 'undelivered')",
    heldBy: { file: TEST, title: 'L12: what waited on a connection that was lost is unknown' },
  },
  {
    name: 'link-held-in-order',
    without: 'Messages overtake those that wait since they were not to be taken yet.',
    file: `${SOURCE}link-socket.ts`,
    find: "const admission = this.#held.length > 0 ? 'hold' : listener.admission();",
    replace: 'const admission = listener.admission();',
    heldBy: { file: TEST, title: 'L12: while messages are not to be taken they wait, in order' },
  },
  {
    name: 'links-of-the-gone',
    without: 'Links to neurons that are gone are kept.',
    file: `${SOURCE}tls-links.ts`,
    find: 'this.#links.delete(neuron);\n      link.close();',
    replace: 'link.close();',
    heldBy: { file: TEST, title: 'L13: of ten thousand neurons that came and went nothing is kept' },
  },
];
