import { backoffDelayMs, DEFAULT_BACKOFF_MAX_MS } from '@xir/couch-client';
import type {
  FeedMode,
  FollowerAction,
  FollowerEvent,
  FollowerEventKind,
  FollowerState,
  FollowerStateKind,
  FollowerStep,
} from './follower-state.ts';

/** A step's outcome. */
export interface FollowerTransition {
  readonly state: FollowerState;
  readonly actions: readonly FollowerAction[];
}

type Handler = (state: FollowerState, event: FollowerEvent, step: FollowerStep) => FollowerTransition;

/** Failures after which the longest back-off is reached. */
const HARD_FAILURES = 10;

const stay: Handler = (state) => ({ state, actions: [] });

/** Looks at the database, then connects; the first step of every connection. */
function identify(state: FollowerState, before: readonly FollowerAction[] = []): FollowerTransition {
  return { state: { ...state, kind: 'identifying', sawBytes: false, progressed: false }, actions: [...before, { type: 'identify' }] };
}

function backOff(state: FollowerState, step: FollowerStep, attempt: number, retryAfterMs?: number): FollowerTransition {
  const delayMs = backoffDelayMs(attempt, () => step.random, { retryAfterMs, maxMs: step.maxBackoffMs });
  // A long poll that was only tried proves nothing when it fails.
  const mode: FeedMode = state.continuousAgainAtMs === Infinity ? 'continuous' : state.mode;
  return { state: { ...state, kind: 'backing-off', mode, sawBytes: false, progressed: false }, actions: [{ type: 'wait', delayMs }] };
}

/** The longest pauses there are, whatever the settings say. */
function backOffHard(state: FollowerState, step: FollowerStep): FollowerTransition {
  return backOff(state, { ...step, maxBackoffMs: DEFAULT_BACKOFF_MAX_MS }, HARD_FAILURES);
}

const start: Handler = (state) => identify(state);

const connect: Handler = (state, _event, step) => {
  const backToContinuous = state.mode === 'longpoll' && step.nowMs >= state.continuousAgainAtMs;
  const mode: FeedMode = backToContinuous ? 'continuous' : state.mode;
  return {
    state: {
      ...state,
      kind: 'connecting',
      mode,
      askedAtMs: step.nowMs,
      sawBytes: false,
      progressed: false,
      continuousAgainAtMs: backToContinuous ? Infinity : state.continuousAgainAtMs,
    },
    actions: [{ type: 'connect', mode }],
  };
};

const opened: Handler = (state) => ({ state: { ...state, obstacle: undefined, kind: state.mode === 'continuous' ? 'streaming' : 'polling' }, actions: [] });

/** Bytes are the only sign of life: they alone set failures back. */
const bytes: Handler = (state, event) => {
  const rows = event.rows === true;
  if (state.sawBytes && (state.progressed || !rows)) return { state, actions: [] };
  return {
    state: {
      ...state,
      obstacle: undefined,
      sawBytes: true,
      progressed: state.progressed || rows,
      failures: 0,
      refusedOnce: false,
      endings: rows ? 0 : state.endings,
    },
    actions: [],
  };
};

/** Bytes came before the headers were reported: the connection stands all the same. */
const bytesFirst: Handler = (state, event, step) => bytes(opened(state, event, step).state, event, step);

/** One of the six harmless endings: at once again the first time, with jitter when it goes on. */
const ended: Handler = (state, _event, step) => {
  const lasted = step.nowMs - state.askedAtMs >= step.heartbeatMs / 2;
  if (state.progressed || lasted) return identify({ ...state, endings: 0 });
  const endings = state.endings + 1;
  return endings === 1 ? identify({ ...state, endings }) : backOff({ ...state, endings }, step, endings - 2);
};

/** A long poll ended: a proxy that buffers is proved when its bytes came where a continuous feed's did not. */
const pollEnded: Handler = (state, event, step) => {
  const proved = state.sawBytes && state.continuousAgainAtMs === Infinity;
  const next = ended(proved ? { ...state, continuousAgainAtMs: step.nowMs + step.retryContinuousMs } : state, event, step);
  return proved ? { ...next, actions: [{ type: 'warn', warning: 'buffering-proxy' }, ...next.actions] } : next;
};

const broken: Handler = (before, _event, step) => {
  const state: FollowerState = { ...before, obstacle: 'unreachable' };
  // A connection that had lived is tried again at once; the back-off begins when that fails too.
  if (state.sawBytes && state.failures === 0) return identify({ ...state, failures: 1 });
  return backOff({ ...state, failures: state.failures + 1 }, step, state.failures);
};

const busy: Handler = (state, event, step) => backOff({ ...state, obstacle: 'busy', failures: state.failures + 1 }, step, state.failures, event.retryAfterMs);

const unauthorized: Handler = (before, _event, step) => {
  const state: FollowerState = { ...before, kind: 're-authenticating', obstacle: 'unauthorized', refusedOnce: true };
  if (before.refusedOnce && step.onUnauthorized === 'fail') return { state: { ...state, kind: 'failed' }, actions: [{ type: 'fail', code: 'FEED_UNAUTHORIZED' }] };
  // Once may be a session that ran out. What is refused again is refused for long, and knocking on would bring the lock-out of CouchDB 3.4+.
  const { actions } = before.refusedOnce ? backOffHard(state, step) : backOff(state, step, 0);
  return { state, actions: [{ type: 'warn', warning: 'unauthorized' }, ...actions] };
};

/** Perhaps the lock-out of CouchDB 3.4+: knocking faster would prolong it. */
const forbidden: Handler = (state, _event, step) => {
  const next = backOffHard({ ...state, obstacle: 'forbidden', failures: state.failures + 1 }, step);
  return { ...next, actions: [{ type: 'warn', warning: 'forbidden' }, ...next.actions] };
};

/** `GET /{db}` said 404: that alone means deleted. */
const deleted: Handler = (state, _event, step) => {
  if (step.onMissing === 'fail') return { state: { ...state, kind: 'failed' }, actions: [{ type: 'fail', code: 'FEED_DATABASE_MISSING' }] };
  const next = backOff({ ...state, obstacle: 'missing', failures: state.failures + 1 }, step, Math.min(state.failures, 5));
  return { ...next, actions: [{ type: 'warn', warning: 'database-missing' }, ...next.actions] };
};

/** `_changes` said 404: `GET /{db}` decides. */
const missing: Handler = (state) => identify({ ...state, failures: state.failures + 1 });

/** No byte in time. A continuous feed that never gave one is tried as a long poll; one that had been alive is asked for again at once. */
const silent: Handler = (before, _event, step) => {
  const state: FollowerState = { ...before, obstacle: 'silent' };
  const abort: FollowerAction = { type: 'abort' };
  if (state.sawBytes) return identify(state, [abort]);
  const warned: readonly FollowerAction[] = [abort, { type: 'warn', warning: 'silent-connection' }];
  if (state.mode === 'continuous') return identify({ ...state, mode: 'longpoll', continuousAgainAtMs: Infinity }, warned);
  const next = backOff({ ...state, mode: 'continuous', continuousAgainAtMs: Infinity, failures: state.failures + 1 }, step, state.failures);
  return { ...next, actions: [...warned, ...next.actions] };
};

/** Looking at the database took too long. */
const identifyTimedOut: Handler = (state, event, step) => {
  const next = broken({ ...state, sawBytes: false }, event, step);
  return { state: { ...next.state, obstacle: 'silent' }, actions: [{ type: 'abort' }, ...next.actions] };
};

const reconnect: Handler = (state) => identify(state, [{ type: 'abort' }]);

const close: Handler = (state) => ({ state: { ...state, kind: 'closed' }, actions: [{ type: 'abort' }] });

const terminal: Record<FollowerEventKind, Handler> = {
  start: stay,
  identified: stay,
  opened: stay,
  bytes: stay,
  ended: stay,
  broken: stay,
  busy: stay,
  unauthorized: stay,
  forbidden: stay,
  missing: stay,
  deadline: stay,
  timer: stay,
  reconnect: stay,
  close: stay,
};

const refusals = { busy, unauthorized, forbidden } as const;

/**
 * What each event does in each state. `stay` marks events that cannot matter there: answers to requests that were given up, timers of a state that was left.
 */
export const FOLLOWER_TABLE: Readonly<Record<FollowerStateKind, Readonly<Record<FollowerEventKind, Handler>>>> = {
  idle: { ...terminal, start, close },
  identifying: { ...terminal, ...refusals, identified: connect, broken, missing: deleted, deadline: identifyTimedOut, close },
  connecting: { ...terminal, ...refusals, opened, bytes: bytesFirst, ended, broken, missing, deadline: silent, reconnect, close },
  streaming: { ...terminal, ...refusals, bytes, ended, broken, missing, deadline: silent, reconnect, close },
  polling: { ...terminal, ...refusals, bytes, ended: pollEnded, broken, missing, deadline: silent, reconnect, close },
  'backing-off': { ...terminal, timer: start, close },
  're-authenticating': { ...terminal, timer: start, close },
  failed: { ...terminal, close },
  closed: terminal,
};

/** One step of the follower. Pure and total. */
export function followerTransition(state: FollowerState, event: FollowerEvent, step: FollowerStep): FollowerTransition {
  return FOLLOWER_TABLE[state.kind][event.type](state, event, step);
}
