import {
  FOLLOWER_EVENTS,
  FOLLOWER_STATES,
  followerTransition,
  INITIAL_FOLLOWER_STATE,
  type FollowerEvent,
  type FollowerEventKind,
  type FollowerState,
  type FollowerStateKind,
  type FollowerStep,
} from '@xir/couch-feed';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const STEP: FollowerStep = { nowMs: 100_000, random: 0.5, heartbeatMs: 10_000, onMissing: 'wait', onUnauthorized: 'fail', retryContinuousMs: 600_000, maxBackoffMs: 57_000 };

function state(kind: FollowerStateKind, more: Partial<FollowerState> = {}): FollowerState {
  return { ...INITIAL_FOLLOWER_STATE, kind, askedAtMs: 99_999, ...more };
}

/** Where each event leads from each state, and what must be done; `-` leaves everything as it is. Fresh states: no byte seen, no failure before. */
const EXPECTED: Record<FollowerStateKind, Record<FollowerEventKind, string>> = {
  idle: {
    start: 'identifying identify', identified: '-', opened: '-', bytes: '-', ended: '-', broken: '-', busy: '-', unauthorized: '-', forbidden: '-',
    missing: '-', deadline: '-', timer: '-', reconnect: '-', close: 'closed abort',
  },
  identifying: {
    start: '-', identified: 'connecting connect', opened: '-', bytes: '-', ended: '-', broken: 'backing-off wait', busy: 'backing-off wait',
    unauthorized: 're-authenticating warn wait', forbidden: 'backing-off warn wait', missing: 'backing-off warn wait', deadline: 'backing-off abort wait',
    timer: '-', reconnect: '-', close: 'closed abort',
  },
  connecting: {
    start: '-', identified: '-', opened: 'streaming', bytes: 'streaming', ended: 'identifying identify', broken: 'backing-off wait', busy: 'backing-off wait',
    unauthorized: 're-authenticating warn wait', forbidden: 'backing-off warn wait', missing: 'identifying identify', deadline: 'identifying abort warn identify',
    timer: '-', reconnect: 'identifying abort identify', close: 'closed abort',
  },
  streaming: {
    start: '-', identified: '-', opened: '-', bytes: 'streaming', ended: 'identifying identify', broken: 'backing-off wait', busy: 'backing-off wait',
    unauthorized: 're-authenticating warn wait', forbidden: 'backing-off warn wait', missing: 'identifying identify', deadline: 'identifying abort warn identify',
    timer: '-', reconnect: 'identifying abort identify', close: 'closed abort',
  },
  polling: {
    start: '-', identified: '-', opened: '-', bytes: 'polling', ended: 'identifying identify', broken: 'backing-off wait', busy: 'backing-off wait',
    unauthorized: 're-authenticating warn wait', forbidden: 'backing-off warn wait', missing: 'identifying identify', deadline: 'backing-off abort warn wait',
    timer: '-', reconnect: 'identifying abort identify', close: 'closed abort',
  },
  'backing-off': {
    start: '-', identified: '-', opened: '-', bytes: '-', ended: '-', broken: '-', busy: '-', unauthorized: '-', forbidden: '-', missing: '-', deadline: '-',
    timer: 'identifying identify', reconnect: '-', close: 'closed abort',
  },
  're-authenticating': {
    start: '-', identified: '-', opened: '-', bytes: '-', ended: '-', broken: '-', busy: '-', unauthorized: '-', forbidden: '-', missing: '-', deadline: '-',
    timer: 'identifying identify', reconnect: '-', close: 'closed abort',
  },
  failed: {
    start: '-', identified: '-', opened: '-', bytes: '-', ended: '-', broken: '-', busy: '-', unauthorized: '-', forbidden: '-', missing: '-', deadline: '-',
    timer: '-', reconnect: '-', close: 'closed abort',
  },
  closed: {
    start: '-', identified: '-', opened: '-', bytes: '-', ended: '-', broken: '-', busy: '-', unauthorized: '-', forbidden: '-', missing: '-', deadline: '-',
    timer: '-', reconnect: '-', close: '-',
  },
};

describe('F1 every event in every state', () => {
  for (const kind of FOLLOWER_STATES) {
    for (const event of FOLLOWER_EVENTS) {
      it(`${kind} + ${event} → ${EXPECTED[kind][event]}`, () => {
        const before = state(kind, kind === 'polling' ? { mode: 'longpoll' } : {});
        const { state: after, actions } = followerTransition(before, { type: event }, STEP);
        const told = [after.kind, ...actions.map(({ type }) => type)].join(' ');
        if (EXPECTED[kind][event] === '-') {
          expect(after).toBe(before);
          expect(actions).toEqual([]);
        } else {
          expect(told).toBe(EXPECTED[kind][event]);
        }
      });
    }
  }
});

function run(first: FollowerState, events: readonly FollowerEvent[], step: Partial<FollowerStep> = {}) {
  let current = first;
  const actions: string[] = [];
  for (const event of events) {
    const next = followerTransition(current, event, { ...STEP, ...step });
    current = next.state;
    actions.push(...next.actions.map((action) => ('delayMs' in action ? `wait ${action.delayMs}` : 'warning' in action ? `warn ${action.warning}` : action.type)));
  }
  return { state: current, actions };
}

describe('the follower', () => {
  it('F2 T20 sets failures back on bytes alone', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FOLLOWER_STATES), fc.constantFrom(...FOLLOWER_EVENTS), fc.nat(20), (kind, type, failures) => {
        const after = followerTransition(state(kind, { failures }), { type }, STEP).state;
        if (type !== 'bytes') expect(after.failures).toBeGreaterThanOrEqual(failures);
      }),
    );
    expect(run(state('streaming', { failures: 7 }), [{ type: 'bytes' }]).state.failures).toBe(0);
  });

  it('F3 T16 goes on at once after a harmless ending, and with growing pauses when endings come without rows', () => {
    let current = state('streaming');
    const delays: (number | undefined)[] = [];
    for (let ending = 0; ending < 5; ending += 1) {
      const next = followerTransition({ ...current, kind: 'streaming', askedAtMs: STEP.nowMs - 10 }, { type: 'ended' }, { ...STEP, random: 1 });
      current = next.state;
      delays.push(next.actions.flatMap((action) => (action.type === 'wait' ? [action.delayMs] : []))[0]);
    }
    expect(delays).toEqual([undefined, 200, 400, 800, 1600]);
    expect(run({ ...current, kind: 'streaming', progressed: true }, [{ type: 'ended' }]).actions).toEqual(['identify']);
    expect(run({ ...current, kind: 'streaming', askedAtMs: 0 }, [{ type: 'ended' }]).actions).toEqual(['identify']);
  });

  it('F4 T19 asks again at once when a connection that had been alive falls silent', () => {
    const after = run(state('streaming', { sawBytes: true }), [{ type: 'deadline' }]);
    expect(after.actions).toEqual(['abort', 'identify']);
    expect(after.state.mode).toBe('continuous');
  });

  it('F5 T21 tries a long poll when a continuous feed never gave a byte, keeps it when that gives bytes, and tries again later', () => {
    const tried = run(state('streaming'), [{ type: 'deadline' }, { type: 'identified' }]);
    expect(tried.state.mode).toBe('longpoll');
    const proved = run(tried.state, [{ type: 'opened' }, { type: 'bytes' }, { type: 'ended' }], { nowMs: 110_000 });
    expect(proved.actions).toEqual(['warn buffering-proxy', 'identify']);
    expect(run(proved.state, [{ type: 'identified' }], { nowMs: 700_000 }).state.mode).toBe('longpoll');
    expect(run(proved.state, [{ type: 'identified' }], { nowMs: 710_000 }).state.mode).toBe('continuous');
  });

  it('F5 T21 goes back to a continuous feed when the long poll fails as well', () => {
    for (const type of ['deadline', 'broken', 'busy'] as const) {
      expect(run(state('polling', { mode: 'longpoll' }), [{ type }]).state.mode).toBe('continuous');
    }
  });

  it('F6 T26 never waits less than Retry-After, and spreads those who were sent away', () => {
    const delay = (random: number) => run(state('streaming'), [{ type: 'busy', retryAfterMs: 20_000 }], { random }).actions[0];
    expect(delay(0)).toBe('wait 20100');
    expect(delay(1)).toBe('wait 20200');
  });

  it('F6 T26 backs off to between 0.1 and 57 seconds, however many failures', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
        const [action] = followerTransition(state('identifying', { failures }), { type: 'broken' }, { ...STEP, random }).actions;
        expect(action?.type === 'wait' && action.delayMs >= 100 && action.delayMs <= 57_000).toBe(true);
      }),
    );
  });

  it('F6 T26 backs off no longer than maxBackoffMs, except from a server that forbids it', () => {
    const step = { ...STEP, random: 0.999, maxBackoffMs: 3_000 };
    const tired: FollowerState = { ...INITIAL_FOLLOWER_STATE, kind: 'identifying', failures: 20 };
    const pauses = (['broken', 'busy', 'forbidden'] as const).map((type) => {
      const wait = followerTransition(tired, { type }, step).actions.find((action) => action.type === 'wait');
      return wait?.type === 'wait' ? wait.delayMs : 0;
    });
    expect(pauses[0]).toBeLessThanOrEqual(3_000);
    expect(pauses[1]).toBeLessThanOrEqual(3_000);
    expect(pauses[2]).toBeGreaterThan(30_000);
  });

  it('F7 T27 fails at the second refusal in a row and not when bytes came in between', () => {
    const refused = run(state('identifying'), [{ type: 'unauthorized' }, { type: 'timer' }]);
    expect(run(refused.state, [{ type: 'unauthorized' }]).actions).toEqual(['fail']);
    const lived = run(refused.state, [{ type: 'identified' }, { type: 'opened' }, { type: 'bytes' }, { type: 'ended' }]);
    expect(run(lived.state, [{ type: 'unauthorized' }]).state.kind).toBe('re-authenticating');
  });

  it('F7 T27 goes on with long pauses where refused credentials are waited for', () => {
    const refused = run(state('identifying'), [{ type: 'unauthorized' }, { type: 'timer' }], { onUnauthorized: 'wait' });
    const again = run(refused.state, [{ type: 'unauthorized' }], { onUnauthorized: 'wait', random: 0.999 });
    expect(again.state).toMatchObject({ kind: 're-authenticating', obstacle: 'unauthorized' });
    expect(again.actions).toEqual(['warn unauthorized', expect.stringMatching(/^wait 5[67]\d{3}$/)]);
  });

  it('F12 what keeps the feed from being followed stands until a feed is opened or gives bytes, however often it is tried', () => {
    const obstacleAfter = (...types: readonly FollowerEvent['type'][]) => run(state('streaming', { sawBytes: true }), types.map((type) => ({ type }))).state.obstacle;
    expect(obstacleAfter('broken')).toBe('unreachable');
    expect(obstacleAfter('broken', 'deadline')).toBe('silent');
    expect(obstacleAfter('deadline')).toBe('silent');
    for (const [event, obstacle] of [['busy', 'busy'], ['forbidden', 'forbidden'], ['unauthorized', 'unauthorized']] as const) {
      expect(obstacleAfter(event)).toBe(obstacle);
      expect(obstacleAfter(event, 'timer', 'identified')).toBe(obstacle);
      expect(obstacleAfter(event, 'timer', 'identified', 'opened')).toBeUndefined();
    }
    expect(obstacleAfter('missing', 'missing')).toBe('missing');
    expect(obstacleAfter('broken', 'missing', 'timer', 'identified', 'bytes')).toBeUndefined();
  });

  it('F8 T16 takes 404 of _changes for a question and 404 of the database for an answer', () => {
    expect(run(state('connecting'), [{ type: 'missing' }]).actions).toEqual(['identify']);
    expect(run(state('identifying'), [{ type: 'missing' }]).actions[0]).toBe('warn database-missing');
    expect(run(state('identifying'), [{ type: 'missing' }], { onMissing: 'fail' }).actions).toEqual(['fail']);
  });

  it('F9 T22 counts bytes that come before the headers are reported', () => {
    expect(run(state('connecting'), [{ type: 'bytes', rows: true }]).state).toMatchObject({ kind: 'streaming', sawBytes: true, progressed: true });
  });

  it('F10 a closed or failed follower does nothing more', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...FOLLOWER_EVENTS), { maxLength: 30 }), (types) => {
        const { actions, state: after } = run(state('closed'), types.map((type) => ({ type })));
        expect(actions).toEqual([]);
        expect(after.kind).toBe('closed');
      }),
    );
  });

  it('F11 whatever happens, a follower that is not at its end has something under way', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...FOLLOWER_EVENTS.filter((type) => type !== 'close')), { maxLength: 60 }), (types) => {
        let current = followerTransition(INITIAL_FOLLOWER_STATE, { type: 'start' }, STEP).state;
        // What is under way by state: a request (identifying, connecting, streaming, polling) or a timer.
        for (const type of types) {
          const next = followerTransition(current, { type }, STEP);
          const started = next.actions.some((action) => action.type === 'identify' || action.type === 'connect' || action.type === 'wait' || action.type === 'fail');
          if (next.state.kind !== current.kind && !(current.kind === 'connecting' && ['streaming', 'polling'].includes(next.state.kind))) expect(started).toBe(true);
          current = next.state;
        }
      }),
    );
  });
});
