import type { LabelledValue, MetricDefinition } from './metrics.ts';

/** The neurons of the system as this one sees them, and its links to them; counts are since the start. */
export interface MembershipSnapshot {
  /** Whether this neuron holds its lease by its own judgement, and so serves. */
  readonly serving: boolean;
  /** Neurons that count as alive, this one included. */
  readonly neurons: number;
  /** Those that do not answer now. */
  readonly suspects: number;
  /** More than half of all vanished at once a short time ago: nothing is cleaned up. */
  readonly manyVanished: boolean;
  /** How busy each is, from 0 to 1, labelled with `peer`. */
  readonly loads: readonly LabelledValue[];
  /** Clients of each, labelled with `peer`. */
  readonly clients: readonly LabelledValue[];
  readonly renewals: number;
  /** Lives after the first. */
  readonly rebirths: number;
  readonly pings: number;
  readonly missedPings: number;
  /** Clean-ups behind dead neurons, labelled with `dead`: the last ones. */
  readonly cleanUps: readonly LabelledValue[];
  readonly linkConnections: number;
  readonly linkWaitingMessages: number;
  /** Strangers sent away from the port of the link. */
  readonly linkTurnedAway: number;
  /** Seconds until the certificate of this neuron ends. */
  readonly certificateSeconds: number;
}

type Definition = MetricDefinition<{ readonly membership?: MembershipSnapshot }>;

const counter = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'counter', read });
const gauge = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'gauge', read });

/** The metrics of membership and links. Their names are stable. */
export const MEMBERSHIP_METRICS: readonly Definition[] = [
  gauge('xir_membership_serving', '1 while this neuron holds its lease by its own judgement, 0 when not.', ({ membership }) => (membership === undefined ? undefined : Number(membership.serving))),
  gauge('xir_membership_neurons', 'Neurons that count as alive, this one included.', ({ membership }) => membership?.neurons),
  gauge('xir_membership_suspects', 'Neurons that do not answer now.', ({ membership }) => membership?.suspects),
  gauge('xir_membership_many_vanished', '1 for a while after more than half of all neurons vanished at once: nothing is cleaned up meanwhile.', ({ membership }) => (membership === undefined ? undefined : Number(membership.manyVanished))),
  { name: 'xir_membership_load', help: 'How busy each neuron says that it is, from 0 to 1.', type: 'gauge', labelNames: ['peer'], read: ({ membership }) => membership?.loads },
  { name: 'xir_membership_clients', help: 'Connected clients of each neuron, by its own count.', type: 'gauge', labelNames: ['peer'], read: ({ membership }) => membership?.clients },
  counter('xir_membership_renewals_total', 'Renewals of the own lease.', ({ membership }) => membership?.renewals),
  counter('xir_membership_rebirths_total', 'Times this neuron registered in a new life since the one before was given up.', ({ membership }) => membership?.rebirths),
  counter('xir_membership_pings_total', 'Pings sent to other neurons.', ({ membership }) => membership?.pings),
  counter('xir_membership_missed_pings_total', 'Pings that were not answered.', ({ membership }) => membership?.missedPings),
  { name: 'xir_membership_clean_ups', help: 'Clean-ups of this neuron behind dead ones, of the last 32.', type: 'gauge', labelNames: ['dead'], read: ({ membership }) => membership?.cleanUps },
  gauge('xir_link_connections', 'Neurons with a link to this one.', ({ membership }) => membership?.linkConnections),
  gauge('xir_link_waiting_messages', 'Messages that wait for a link.', ({ membership }) => membership?.linkWaitingMessages),
  counter('xir_link_turned_away_total', 'Strangers sent away from the port of the link.', ({ membership }) => membership?.linkTurnedAway),
  gauge('xir_link_certificate_seconds', 'Time until the certificate of this neuron ends; it is renewed once a third is left.', ({ membership }) => membership?.certificateSeconds),
];
