import { sameSeen } from '../contents.ts';
import type { Check } from './check.ts';

/** After quiet every neuron equals the database. */
export const convergedWithDatabase: Check = {
  name: 'converged-with-database',
  promise: 'after quiet, every listing and tree that a neuron serves from its cache equals the database',
  violations: ({ neurons, database }) =>
    neurons.flatMap(({ neuron, form, contents }) =>
      [...new Set([...database.keys(), ...contents.keys()])].flatMap((key) => {
        const truth = database.get(key)?.current ?? { absent: true };
        const served = contents.get(key) ?? { absent: true };
        return sameSeen(truth, served) ? [] : [`${neuron}, ${form}: ${key} is ${JSON.stringify(served)}; the database has ${JSON.stringify(truth)}`];
      }),
    ),
};

/** The neurons' own audit found nothing either. */
export const auditFoundNothing: Check = {
  name: 'audit-found-nothing',
  promise: 'the divergence counter of every neuron is 0',
  violations: ({ divergences }) => [...divergences].filter(([, count]) => count !== 0).map(([neuron, count]) => `${neuron}: the audit found ${count} divergences`),
};

/** Nothing broke that nobody had broken. */
export const noIncidents: Check = {
  name: 'no-incidents',
  promise: 'no neuron ended by itself or badly, and no request was answered `internal`',
  violations: ({ incidents }) => incidents.map(({ atMs, what }) => `at ${Math.round(atMs)} ms: ${what}`),
};
