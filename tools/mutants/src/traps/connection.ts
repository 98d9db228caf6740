import type { Mutant } from '../mutant.ts';

const FOLLOWER = 'packages/couch-feed/src/follower.ts';
const TABLE = 'packages/couch-feed/src/follower-transition.ts';
const TABLE_TEST = 'packages/couch-feed/test/follower-transition.test.ts';
const SUITE = { file: 'packages/couch-feed/test/feed-suite.test.ts', suite: 'driven time' };

/** What keeps a feed connected, and honest about it. */
export const CONNECTION_MUTANTS: readonly Mutant[] = [
  {
    name: 't16-endings',
    without: 'A server that ends every feed at once is asked again at once, for ever.',
    file: TABLE,
    find: 'return endings === 1 ? identify({ ...state, endings }) : backOff({ ...state, endings }, step, endings - 2);',
    replace: 'return identify({ ...state, endings });',
    heldBy: { ...SUITE, title: 'T16 a server that ends every feed at once is not hammered' },
  },
  {
    name: 't16-end-is-the-end',
    without: 'A feed that ends in order is not opened again.',
    file: FOLLOWER,
    find: "      this.#dispatch({ type: 'ended' });",
    replace: '',
    heldBy: { ...SUITE, title: 'T16 a feed that ends by limit goes on at once' },
  },
  {
    name: 't18-literal-now',
    without: 'A feed from now asks for `now` instead of the position it took first.',
    file: FOLLOWER,
    find: "this.#restart(resumeSeq ?? (since === 'now' ? info.updateSeq : since));",
    replace: 'this.#restart(resumeSeq ?? since);',
    heldBy: { ...SUITE, title: 'T18 a feed from now whose first connection is refused' },
  },
  {
    name: 't19-silence',
    without: 'A connection on which nothing comes any more is waited for.',
    file: 'packages/couch-feed/src/connection.ts',
    find: 'if (idleMs >= this.#deadlineMs) this.#listener.silent();',
    replace: 'if (idleMs < 0) this.#listener.silent();',
    heldBy: { ...SUITE, title: 'T19 a connection on which nothing comes any more is replaced' },
  },
  {
    name: 't20-attempts-as-life',
    without: 'An attempt to connect counts as a sign of life.',
    file: FOLLOWER,
    find: 'this.#counters.connections += 1;',
    replace: 'this.#counters.connections += 1;\n    this.#signs.proved(this.#clock.monotonic());',
    heldBy: { ...SUITE, title: 'T20 attempts are no sign of life' },
  },
  {
    name: 't21-long-poll',
    without: 'Behind a proxy that buffers the continuous feed is tried for ever.',
    file: TABLE,
    find: "if (state.mode === 'continuous') return identify({ ...state, mode: 'longpoll', continuousAgainAtMs: Infinity }, warned);",
    replace: "if (state.mode === 'continuous') return identify(state, warned);",
    heldBy: { file: TABLE_TEST, title: 'F5 T21 tries a long poll when a continuous feed never gave a byte' },
  },
  {
    name: 't22-late-headers',
    without: 'Bytes that come before the headers are reported are no sign of life.',
    file: TABLE,
    find: 'opened, bytes: bytesFirst, ended',
    replace: 'opened, ended',
    heldBy: { file: TABLE_TEST, title: 'F9 T22 counts bytes that come before the headers are reported' },
  },
  {
    name: 't26-retry-after',
    without: 'The pause that a server asks for is not kept.',
    file: TABLE,
    find: '{ retryAfterMs, maxMs: step.maxBackoffMs }',
    replace: '{ maxMs: Math.max(step.maxBackoffMs, 0 * (retryAfterMs ?? 0)) }',
    heldBy: { ...SUITE, title: 'T26 Retry-After is honoured' },
  },
  {
    name: 't27-first-refusal-is-final',
    without: 'Credentials that are refused once end the feed.',
    file: TABLE,
    find: "if (before.refusedOnce && step.onUnauthorized === 'fail') return",
    replace: "if (step.onUnauthorized === 'fail') return",
    heldBy: { file: TABLE_TEST, title: 'F7 T27 fails at the second refusal in a row' },
  },
  {
    name: 't27-cookie-renewal',
    without: 'A cookie is used until it is refused.',
    file: 'packages/couch-client/src/renewing-credential.ts',
    find: 'if (before !== undefined && now < before.renewAtMs) return before;',
    replace: 'if (before !== undefined && now < before.renewAtMs + before.endsAtMs) return before;',
    heldBy: { file: 'packages/couch-client/test/client.test.ts', title: 'T27 logs in once for all who wait, and again at half' },
  },
  {
    name: 't31-server-filter',
    without: 'The server filters the feed, so that a document can leave it without a row.',
    file: 'packages/couch-feed/src/changes-query.ts',
    find: "return { feed: 'continuous', heartbeat: heartbeatMs, ...rows };",
    replace: "return { feed: 'continuous', heartbeat: heartbeatMs, filter: '_selector', ...rows };",
    heldBy: { ...SUITE, title: 'T31 the feed is never filtered on the server' },
  },
  {
    name: 't32-abandoned-connections',
    without: 'A connection that was given up stays open.',
    file: 'packages/couch-feed/src/connection.ts',
    find: '    this.#abort.abort();',
    replace: '',
    heldBy: { ...SUITE, title: 'T32 one connection to the feed is open at a time' },
  },
];
