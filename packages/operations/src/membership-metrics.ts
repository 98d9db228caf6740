import type { LabelledValue, MetricDefinition } from './metrics.ts';

/** The neurons of the system as this one sees them, and its links to them; counts are since the start. */
export interface MembershipSnapshot {
  /** Whether this neuron holds its lease by its own judgement, and so serves. */
  readonly serving: boolean;
  /** How this neuron stands, 1 for the state that is the case, labelled with `state`. */
  readonly states: readonly LabelledValue[];
  /** Neurons that count as alive, this one included. */
  readonly neurons: number;
  /** These by what is known of them, labelled with `state`. */
  readonly neuronsBy: readonly LabelledValue[];
  /** Those that do not answer now. */
  readonly suspects: number;
  /** More than half of all vanished at once a short time ago: nothing is cleaned up. */
  readonly manyVanished: boolean;
  /** How busy each is, from 0 to 1, labelled with `peer`. */
  readonly loads: readonly LabelledValue[];
  /** Clients of each, labelled with `peer`. */
  readonly clients: readonly LabelledValue[];
  /** Seconds since the lease of each was seen to be renewed, labelled with `peer`. */
  readonly leaseAges: readonly LabelledValue[];
  readonly renewals: number;
  /** Lives after the first. */
  readonly rebirths: number;
  readonly pings: number;
  readonly missedPings: number;
  /** Clean-ups behind dead neurons, labelled with `dead`: the last ones. */
  readonly cleanUps: readonly LabelledValue[];
  /** Clean-ups of this neuron since the start, and the documents that they deleted. */
  readonly cleanUpsTotal: number;
  readonly cleanedDocuments: number;
  readonly linkConnections: number;
  readonly linkConnectionsTotal: number;
  /** 1 for each neuron with a connection, 0 for others that count as alive, labelled with `peer`. */
  readonly linksUp: readonly LabelledValue[];
  /** Messages that wait for each, labelled with `peer`. */
  readonly linksWaiting: readonly LabelledValue[];
  /** Messages and bytes over all links, labelled with `direction`. */
  readonly linkMessages: readonly LabelledValue[];
  readonly linkBytes: readonly LabelledValue[];
  readonly linkWaitingMessages: number;
  /** Strangers sent away from the port of the link. */
  readonly linkTurnedAway: number;
  /** Certificates and neurons that were met though they are revoked. */
  readonly linkRevokedMet: number;
  /** Seconds until the certificate of this neuron ends. */
  readonly certificateSeconds: number;
}

type Definition = MetricDefinition<{ readonly membership?: MembershipSnapshot }>;

const counter = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'counter', read });
const gauge = (name: string, help: string, read: Definition['read']): Definition => ({ name, help, type: 'gauge', read });

/** The metrics of membership and links. Their names are stable. */
export const MEMBERSHIP_METRICS: readonly Definition[] = [
  gauge('xir_membership_serving', '1 while this neuron holds its lease by its own judgement, 0 when not.', ({ membership }) => (membership === undefined ? undefined : Number(membership.serving))),
  { name: 'xir_membership_state', help: 'How this neuron stands among the others: 1 for the state that is the case.', type: 'gauge', labelNames: ['state'], read: ({ membership }) => membership?.states },
  gauge('xir_membership_neurons', 'Neurons that count as alive, this one included.', ({ membership }) => membership?.neurons),
  { name: 'xir_membership_neurons_by_state', help: 'Neurons that count as alive, this one included, by what is known of them: serving, draining, not answering now.', type: 'gauge', labelNames: ['state'], read: ({ membership }) => membership?.neuronsBy },
  gauge('xir_membership_suspects', 'Neurons that do not answer now.', ({ membership }) => membership?.suspects),
  gauge('xir_membership_many_vanished', '1 for a while after more than half of all neurons vanished at once: nothing is cleaned up meanwhile.', ({ membership }) => (membership === undefined ? undefined : Number(membership.manyVanished))),
  { name: 'xir_membership_load', help: 'How busy each neuron says that it is, from 0 to 1.', type: 'gauge', labelNames: ['peer'], read: ({ membership }) => membership?.loads },
  { name: 'xir_membership_clients', help: 'Connected clients of each neuron, by its own count.', type: 'gauge', labelNames: ['peer'], read: ({ membership }) => membership?.clients },
  { name: 'xir_membership_lease_age_seconds', help: 'Time since the lease of each neuron was seen to be renewed.', type: 'gauge', labelNames: ['peer'], read: ({ membership }) => membership?.leaseAges },
  counter('xir_membership_renewals_total', 'Renewals of the own lease.', ({ membership }) => membership?.renewals),
  counter('xir_membership_rebirths_total', 'Times this neuron registered in a new life since the one before was given up.', ({ membership }) => membership?.rebirths),
  counter('xir_membership_pings_total', 'Pings sent to other neurons.', ({ membership }) => membership?.pings),
  counter('xir_membership_missed_pings_total', 'Pings that were not answered.', ({ membership }) => membership?.missedPings),
  { name: 'xir_membership_clean_ups', help: 'Clean-ups of this neuron (label `neuron`) behind dead ones (label `dead`), of the last 32. Those of all neurons are in KV4, as below.', type: 'gauge', labelNames: ['dead'], read: ({ membership }) => membership?.cleanUps },
  counter('xir_membership_clean_ups_total', 'Clean-ups of this neuron behind dead ones.', ({ membership }) => membership?.cleanUpsTotal),
  counter('xir_membership_cleaned_documents_total', 'Documents that these clean-ups deleted.', ({ membership }) => membership?.cleanedDocuments),
  gauge('xir_link_connections', 'Neurons with a link to this one.', ({ membership }) => membership?.linkConnections),
  counter('xir_link_connections_total', 'Connections to other neurons that were made, by whichever side.', ({ membership }) => membership?.linkConnectionsTotal),
  { name: 'xir_link_up', help: '1 for each neuron with a connection to this one, 0 for others that count as alive.', type: 'gauge', labelNames: ['peer'], read: ({ membership }) => membership?.linksUp },
  { name: 'xir_link_queued_messages', help: 'Messages that wait for the link to each neuron.', type: 'gauge', labelNames: ['peer'], read: ({ membership }) => membership?.linksWaiting },
  { name: 'xir_link_messages_total', help: 'Messages over all links: answers to messages are messages too.', type: 'counter', labelNames: ['direction'], read: ({ membership }) => membership?.linkMessages },
  { name: 'xir_link_bytes_total', help: 'Bytes of frames over all links, pings included.', type: 'counter', labelNames: ['direction'], read: ({ membership }) => membership?.linkBytes },
  gauge('xir_link_waiting_messages', 'Messages that wait for a link.', ({ membership }) => membership?.linkWaitingMessages),
  counter('xir_link_turned_away_total', 'Strangers sent away from the port of the link.', ({ membership }) => membership?.linkTurnedAway),
  counter('xir_link_revoked_met_total', 'Neurons and certificates that were met though they are revoked.', ({ membership }) => membership?.linkRevokedMet),
  gauge('xir_link_certificate_seconds', 'Time until the certificate of this neuron ends; it is renewed once a third is left.', ({ membership }) => membership?.certificateSeconds),
];
