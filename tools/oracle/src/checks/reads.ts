import type { RunRecord } from '../history.ts';
import { roleOf } from '../key-space.ts';
import type { Check } from './check.ts';
import { goingBack, groupBy, observationsOf, type Observation } from './observation.ts';

/** Milliseconds of scheduling that an age may be off. */
const AGE_TOLERANCE_MS = 400;

function judge({ database }: RunRecord, observations: readonly Observation[], groupOf: (observation: Observation) => string): string[] {
  const usable = observations.filter(({ key }) => roleOf(key) === 'plain' || roleOf(key) === 'expiring');
  return [...groupBy(usable, groupOf).values()].flatMap((group) => {
    const key = group[0]?.key ?? '';
    return goingBack(group, database.get(key)?.series ?? [], roleOf(key) === 'expiring');
  });
}

/** A neuron never goes back in time, and shows its own writes at once. */
export const monotonicReads: Check = {
  name: 'monotonic-reads',
  promise: 'what one neuron tells of a key never goes back: not behind an earlier read, not behind a write that this neuron acknowledged',
  violations: (record) => judge(record, observationsOf(record, () => true), ({ neuron, key }) => `${neuron} ${key}`),
};

/** `fresh` holds what anybody had been told before it was asked for. */
export const freshReadsCurrent: Check = {
  name: 'fresh-reads-current',
  // Replicas that were away may lack what the others acknowledged.
  ofOneServer: true,
  promise: 'a fresh read holds every write that any neuron had acknowledged, and everything anybody had read, when it was asked for',
  violations: (record) => judge(record, observationsOf(record, ({ fresh }) => fresh), ({ key }) => key),
};

/** Nothing is read that nobody wrote. */
export const readsWereWritten: Check = {
  name: 'reads-were-written',
  promise: 'every value that was read was written to that key, and is that version’s value',
  violations({ reads, writes, database }) {
    const found = new Set<string>();
    const written = new Map(writes.filter(({ marker }) => marker !== undefined).map(({ marker, key }) => [marker, key]));
    const stored = new Map([...database].flatMap(([key, { series }]) => series.map(({ version, marker }) => [`${key} ${version}`, marker] as const)));
    for (const { seen, kind, client, neuron } of reads) {
      for (const [key, state] of seen) {
        if (state.absent) continue;
        const who = `${key}: ${kind} of ${client} on ${neuron} saw ${state.version} with ${state.marker}`;
        if (written.get(state.marker) !== key) found.add(`${who}, which nobody wrote there`);
        const held = stored.get(`${key} ${state.version}`);
        if (roleOf(key) !== 'purged' && held !== state.marker) found.add(`${who}; the series holds ${held ?? 'nothing'} for it`);
      }
    }
    return [...found];
  },
};

/** Ages tell the truth. */
export const agePlausible: Check = {
  name: 'age-plausible',
  promise: 'an age is a number of milliseconds, and while a neuron can hear nothing of the database it is at least the time since that began',
  violations({ reads, outages }) {
    const found: string[] = [];
    for (const { age, startMs, endMs, neuron, client, kind } of reads) {
      if (age === undefined) continue;
      const ageMs = Number(age);
      const who = `${kind} of ${client} on ${neuron} at ${Math.round(startMs)} ms`;
      if (!/^\d+$/.test(age)) found.push(`${who}: the age ${JSON.stringify(age)} is no number of milliseconds`);
      const outage = outages.find((one) => (one.neuron === undefined || one.neuron === neuron) && one.startMs <= startMs && endMs <= one.endMs);
      if (outage !== undefined && ageMs < startMs - outage.startMs - AGE_TOLERANCE_MS) {
        found.push(`${who}: the age is ${age} ms, but nothing was heard of the database for ${Math.round(startMs - outage.startMs)} ms`);
      }
    }
    return found;
  },
};
