/**
 * What happened last that proves the feed alive: a row, a heartbeat, an answered probe, or `sign-of-life` where it is not told which of
 * them. A reconnect attempt is no proof.
 */
export type FeedEvidence = 'row' | 'heartbeat' | 'probe' | 'sign-of-life' | 'none';

/** What is known about the change feed at one moment. */
export interface FeedHealthInput {
  /** The follower's own word for what it is doing, for people: `following`, `reconnecting` … */
  readonly state: string;
  /** Milliseconds since the last sign of life; absent: there never was one. */
  readonly ageMs?: number;
  /** What that sign of life was. */
  readonly evidence: FeedEvidence;
  /** The failure that is being recovered from, without secrets. */
  readonly cause?: string;
}

/** One neuron of the system, as this one knows it; ages in milliseconds. */
export interface NeuronHealth {
  readonly neuron: string;
  readonly incarnation: string;
  /** It does not answer now. */
  readonly suspect: boolean;
  readonly draining: boolean;
  /** How busy it says that it is, from 0 to 1. */
  readonly load: number;
  readonly clients: number;
  /** Since its lease was last seen to change: how old load, clients and draining are; of this neuron: since it last wrote it. */
  readonly leaseAgeMs: number;
  /** Since it last answered; absent: it never did, or it is this neuron. */
  readonly answerAgeMs?: number;
}

/** How the neuron stands among those of its system. */
export interface MembershipHealth {
  /** `serving`, `doubtful`, `isolated` or `superseded`. */
  readonly state: string;
  /** Milliseconds since that began. */
  readonly stateAgeMs: number;
  /** What that means for clients: `serving`, `holding`, `isolated` or `away`. */
  readonly clients: string;
  readonly incarnation: string;
  /** More than half of all vanished at once a short time ago: nothing is cleaned up. */
  readonly manyVanished: boolean;
  /** All that count as alive, this one included. */
  readonly neurons: readonly NeuronHealth[];
}

/** Everything the health of a neuron is decided from. */
export interface HealthInput {
  readonly feed: FeedHealthInput;
  /** The age beyond which a feed counts as dead, in milliseconds; usually three heartbeats. */
  readonly maxFeedAgeMs: number;
  /** What to type to see how the database is, without credentials, such as `curl -sS http://127.0.0.1:5984/_up`. */
  readonly databaseCommand: string;
  /** Cached answers that were found to differ from the database since the start; absent: not known, and not judged. */
  readonly divergences?: number;
  /** Writes accepted below the database's quorum (202) since the start; absent: not known, and not judged. */
  readonly writesNotDurable?: number;
  /** Length of the longest event-loop stall in the last minute, in milliseconds. */
  readonly recentStallMs?: number;
  /** Absent: it has not joined yet, and is not judged. */
  readonly membership?: MembershipHealth;
  /** The process was asked to end. */
  readonly draining?: boolean;
}

/** Green: all is well. Yellow: it works, somebody should look. Red: answers may be out of date. */
export type HealthColour = 'green' | 'yellow' | 'red';

/** One thing that was looked at. */
export interface HealthCheck {
  readonly name: 'feed' | 'divergence' | 'durability' | 'event-loop' | 'membership' | 'draining';
  readonly status: HealthColour;
  /** In words: what is the case. */
  readonly cause: string;
  /** Milliseconds since the evidence was seen, where time matters. */
  readonly ageMs?: number;
  /** What the verdict rests on. */
  readonly evidence: string;
  /** What to type next, when the check is not green. */
  readonly nextCommand?: string;
}

/** The answer of `/health`: the worst check gives the status, its fields stand at the top. */
export interface HealthReport {
  readonly status: HealthColour;
  readonly cause: string;
  readonly ageMs?: number;
  readonly evidence: string;
  readonly nextCommand?: string;
  readonly checks: readonly HealthCheck[];
  readonly membership?: MembershipHealth;
}

/** Event-loop stalls of at least this many milliseconds within a minute turn health yellow. */
export const DEFAULT_STALL_WARNING_MS = 1000;

const SEVERITY: Record<HealthColour, number> = { green: 0, yellow: 1, red: 2 };

/** Decides the health of a neuron. Pure: the same input always gives the same report. */
export function decideHealth(input: HealthInput): HealthReport {
  const checks = [
    checkFeed(input),
    ...(input.divergences === undefined ? [] : [checkDivergence(input)]),
    ...(input.writesNotDurable === undefined ? [] : [checkDurability(input)]),
    checkEventLoop(input),
    ...(input.membership === undefined ? [] : [checkMembership(input.membership)]),
    checkDraining(input),
  ];
  const worst = checks.reduce((left, right) => (SEVERITY[right.status] > SEVERITY[left.status] ? right : left));
  return {
    status: worst.status,
    cause: worst.cause,
    ...(worst.ageMs === undefined ? {} : { ageMs: worst.ageMs }),
    evidence: worst.evidence,
    ...(worst.nextCommand === undefined ? {} : { nextCommand: worst.nextCommand }),
    checks,
    ...(input.membership === undefined ? {} : { membership: input.membership }),
  };
}

/** Health as an HTTP status: 503 when red, so that a load balancer needs no JSON. */
export function healthStatusCode(status: HealthColour): 200 | 503 {
  return status === 'red' ? 503 : 200;
}

function checkFeed({ feed, maxFeedAgeMs, databaseCommand: nextCommand }: HealthInput): HealthCheck {
  const because = feed.cause === undefined ? '' : `: ${feed.cause}`;
  if (feed.ageMs === undefined || feed.evidence === 'none') {
    return {
      name: 'feed',
      status: 'red',
      cause: `the change feed has never given a sign of life (${feed.state})${because}`,
      evidence: 'none',
      nextCommand,
    };
  }
  const ageMs = Math.round(feed.ageMs);
  if (feed.ageMs > maxFeedAgeMs) {
    const cause = `the change feed is silent for ${ageMs} ms, more than ${maxFeedAgeMs} ms (${feed.state})${because}`;
    return { name: 'feed', status: 'red', cause, ageMs, evidence: feed.evidence, nextCommand };
  }
  if (feed.cause !== undefined) return { name: 'feed', status: feed.state === 'failed' ? 'red' : 'yellow', cause: feed.cause, ageMs, evidence: feed.evidence, nextCommand };
  return { name: 'feed', status: 'green', cause: `the change feed is alive (${feed.state})`, ageMs, evidence: feed.evidence };
}

function checkDivergence({ divergences = 0 }: HealthInput): HealthCheck {
  const evidence = 'cache audit';
  if (divergences === 0) return { name: 'divergence', status: 'green', cause: 'no cached answer differed from the database', evidence };
  return {
    name: 'divergence',
    status: 'yellow',
    cause: `${divergences} cached answer(s) differed from the database and were corrected; please report this as a defect`,
    evidence,
    nextCommand: 'grep divergence <the log of this neuron>',
  };
}

function checkDurability({ writesNotDurable = 0, databaseCommand }: HealthInput): HealthCheck {
  const evidence = 'answers to writes';
  if (writesNotDurable === 0) return { name: 'durability', status: 'green', cause: 'every write reached the quorum', evidence };
  return {
    name: 'durability',
    status: 'yellow',
    cause: `${writesNotDurable} write(s) were accepted by fewer database nodes than the quorum (202)`,
    evidence,
    nextCommand: databaseCommand,
  };
}

function checkEventLoop({ recentStallMs = 0 }: HealthInput): HealthCheck {
  const evidence = 'watchdog';
  if (recentStallMs < DEFAULT_STALL_WARNING_MS) return { name: 'event-loop', status: 'green', cause: 'the event loop runs', evidence };
  return {
    name: 'event-loop',
    status: 'yellow',
    cause: `the event loop stood still for ${Math.round(recentStallMs)} ms within the last minute`,
    evidence,
    nextCommand: 'kill -USR1 <pid> and take a CPU profile with node inspect',
  };
}

const NOT_SERVING: Readonly<Record<string, string>> = {
  doubtful: 'this neuron stood still or was cut off, and has yet to see whether it still holds its lease',
  isolated: 'this neuron sees neither the database nor any other neuron',
  superseded: 'another process has registered with the name of this neuron',
};

function checkMembership({ state, stateAgeMs, clients, manyVanished, neurons }: MembershipHealth): HealthCheck {
  const [name, evidence] = ['membership', 'lease and pings'] as const;
  const ageMs = Math.round(stateAgeMs);
  if (state !== 'serving') return { name, status: state === 'doubtful' ? 'yellow' : 'red', cause: NOT_SERVING[state] ?? state, ageMs, evidence, nextCommand: 'grep "stands otherwise" <the log of this neuron>' };
  if (clients !== 'serving') return { name, status: 'yellow', cause: 'the clients of this neuron are being registered in a new life', ageMs, evidence };
  if (manyVanished) return { name, status: 'yellow', cause: 'more than half of all neurons vanished at once; nothing is cleaned up for a while', evidence, nextCommand: 'curl -sS <another neuron>:4009/health' };
  const silent = neurons.filter(({ suspect }) => suspect).map(({ neuron }) => neuron);
  const but = silent.length === 0 ? '' : `, of which ${silent.join(', ')} does not answer`;
  return { name, status: 'green', cause: `this neuron holds its lease; ${neurons.length} count as alive${but}`, ageMs, evidence };
}

function checkDraining({ draining = false }: HealthInput): HealthCheck {
  const evidence = 'process state';
  if (!draining) return { name: 'draining', status: 'green', cause: 'the process is not ending', evidence };
  return { name: 'draining', status: 'yellow', cause: 'the process was asked to end and finishes what is under way', evidence };
}
