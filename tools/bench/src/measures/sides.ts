import type { LoadResult } from '../load/http-load.ts';
import type { MeasureContext, ResultRow } from '../measure.ts';
import { cpuSecondsOf } from '../process-cpu.ts';
import { PeerMissingError, type Daemon } from '../servers/daemon.ts';
import { medianOf, percentile, spreadText } from '../statistics.ts';
import { judge, type Target } from '../target.ts';

/** One of several servers that are given the same work, in turns. */
export interface Side {
  readonly name: string;
  /** The process whose CPU is counted. */
  readonly pid: number;
  readonly load: (durationMs: number) => Promise<LoadSeen>;
}

/** What a load saw. */
export interface LoadSeen {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
}

/** A round of a side. */
export interface SideRound extends LoadSeen {
  readonly cpuSeconds: number;
}

/** The rounds of each side, by its name. */
export type Rounds = ReadonlyMap<string, readonly SideRound[]>;

/** Gives each side its rounds of work in turn, behind one that does not count. */
export async function alternate(context: MeasureContext, sides: readonly Side[], title: string): Promise<Rounds> {
  const rounds = new Map<string, SideRound[]>(sides.map(({ name }) => [name, []]));
  for (const side of sides) await side.load(context.roundMs / 2);
  for (let n = 0; n < context.rounds; n += 1) {
    context.progress(`${title}, round ${n + 1} of ${context.rounds}`);
    for (const { name, pid, load } of sides) {
      const before = cpuSecondsOf(pid);
      const seen = await load(context.roundMs);
      rounds.get(name)?.push({ ...seen, cpuSeconds: cpuSecondsOf(pid) - before });
    }
  }
  return rounds;
}

/** A load's result in short. */
export function seenBy(result: LoadResult): LoadSeen {
  return { requests: result.requests, perSecond: result.requests / result.seconds, p50Ms: percentile(result.latenciesMs, 0.5) };
}

/** A server beside which is measured, if it is installed. */
export interface Peer extends AsyncDisposable {
  readonly daemon: Daemon | undefined;
  /** Why there is none. */
  readonly missing: string;
}

/** Starts a peer, or tells why there is none. */
export async function startPeer(start: Promise<Daemon>, progress: (line: string) => void): Promise<Peer> {
  try {
    const daemon = await start;
    return { daemon, missing: '', [Symbol.asyncDispose]: () => Promise.resolve(daemon[Symbol.asyncDispose]()) };
  } catch (error) {
    if (!(error instanceof PeerMissingError)) throw error;
    progress(error.message);
    return { daemon: undefined, missing: error.message, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

/** A comparison of one figure of two sides. */
export interface Comparison {
  readonly measure: string;
  readonly figure: (round: SideRound) => number;
  readonly digits: number;
  readonly target?: Target;
}

/** The row of a comparison of ours with a peer's rounds, or with the reason why there are none. */
export function comparisonRow({ measure, figure, digits, target }: Comparison, ours: readonly SideRound[], peer: readonly SideRound[] | string): ResultRow {
  const ourFigures = ours.map(figure);
  const text = spreadText(ourFigures, digits);
  if (typeof peer === 'string') return { measure, ours: text, peer, ratio: '', ...(target === undefined ? {} : { verdict: judge(Number.NaN, target) }) };
  const ratio = medianOf(ourFigures) / medianOf(peer.map(figure));
  return { measure, ours: text, peer: spreadText(peer.map(figure), digits), ratio: `${ratio.toFixed(2)} ×`, ...(target === undefined ? {} : { verdict: judge(ratio, target) }) };
}
