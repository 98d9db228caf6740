import type { FailedSchedule, RunTotals } from './run-totals.ts';

/**
 * Checks that find defects which are known and listed as open in `docs/track-record.md`, and in how many of ten thousand schedules they may: more is a new defect. They
 * leave this list as they are mended.
 */
export const OPEN_CHECKS: Readonly<Record<string, number>> = {};

/** Checks that found something which is not known. Pure. */
export function newFailures(totals: RunTotals): readonly string[] {
  return Object.entries(totals.failures)
    .filter(([check, count]) => count > Math.ceil(((OPEN_CHECKS[check] ?? 0) * totals.schedules) / 10_000))
    .map(([check]) => check);
}

/** What is too little to prove anything. Pure. */
export function lackOfTraffic(totals: RunTotals): readonly string[] {
  const floors = totals.counters['messagesHanded'] === undefined ? floorsOfMemories(totals) : floorsOfMessages(totals);
  return floors.filter(([, count, floor]) => count < floor).map(([what, count, floor]) => `${what}: ${count}, at least ${Math.ceil(floor)} are needed`);
}

type Floor = readonly [what: string, count: number, floor: number];

function floorsOfMemories(totals: RunTotals): readonly Floor[] {
  const { schedules } = totals;
  return [
    ['acknowledged writes', totals.acknowledged, schedules],
    ['reads', totals.reads, 2 * schedules],
    ...toldFloors(totals),
    ['faults', sum(totals.faults), schedules / 2],
  ];
}

function floorsOfMessages({ schedules, acknowledged, counters, faults }: RunTotals): readonly Floor[] {
  return [
    ['messages handed over', counters['messagesHanded'] ?? 0, 8 * schedules],
    ['acknowledged messages', acknowledged, schedules],
    ['recoveries', counters['recoveries'] ?? 0, schedules / 10],
    ['peers kicked', counters['peersKicked'] ?? 0, schedules / 10],
    // There are none in a calm profile.
    ['faults', sum(faults), sum(faults) === 0 ? 0 : schedules / 2],
  ];
}

function toldFloors({ schedules, watchEvents, counters }: RunTotals): readonly Floor[] {
  if (counters['answersKept'] === undefined) return [['watch events', watchEvents, schedules / 2]];
  return [
    ['answers that were kept', counters['answersKept'], 4 * schedules],
    ['invalidations', counters['invalidations'] ?? 0, 2 * schedules],
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** A run in words. `command` reruns one schedule. Pure. */
export function reportOf(totals: RunTotals, { seed, profile }: { readonly seed: number; readonly profile: string }): string {
  const { schedules, faults, counters, failures, failed } = totals;
  const list = (counts: Readonly<Record<string, number>>): string[] => Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `  ${name.padEnd(26)} ${Math.round(count)}`);
  const ofMemories = ['verifications', 'regressions', 'divergences', 'resets', 'poisonousRows', 'quarantined', 'evictions', 'purged', 'conflicted', 'connections', 'probes', 'notDurable'];
  const ofFaces = ['answersKept', 'answersHeldAtEnd', 'invalidations', 'socketResumptions'].filter((name) => counters[name] !== undefined);
  const ofMessages = ['messagesHanded', 'connectionsOpened', 'recoveries', 'recoveriesRefused', 'messagesUndelivered', 'peersKicked', 'peersReplaced', 'receiversCut', 'kicksAnswered', 'cleanUps'];
  const shown = counters['messagesHanded'] === undefined ? [...ofMemories, ...ofFaces] : ofMessages;
  const lines = [
    `${schedules} schedules of profile ${profile}, run seed ${seed}: ${totals.events} events in ${Math.round(totals.simulatedMs / 1_000)} simulated seconds, hash ${totals.hash.toString(16)}`,
    `  ${totals.acknowledged} of ${totals.writes} writes acknowledged, ${totals.reads} keys read, ${totals.watchEvents} watch events; longest way to equality ${Math.round(totals.longestConvergenceMs)} ms`,
    'faults',
    ...list(faults),
    'met by the neurons',
    ...list(Object.fromEntries(shown.map((name) => [name, counters[name] ?? 0]))),
    ...(Object.keys(failures).length === 0 ? ['no check found anything'] : ['schedules in which a check found something', ...list(failures)]),
  ];
  for (const each of failed) lines.push(...failedLines(each, profile));
  return lines.join('\n');
}

/** A schedule in which a check found something: the command that runs it again, and what was found. Pure. */
export function failedLines({ seed, violations }: FailedSchedule, profile: string): string[] {
  const isOpen = violations.every(({ check }) => check in OPEN_CHECKS);
  return [`${isOpen ? 'open' : 'FAILED'}: pnpm --filter @xir/simulation simulate --profile ${profile} --replay ${seed}`, ...violations.map(({ check, what }) => `    ${check}: ${what}`)];
}
