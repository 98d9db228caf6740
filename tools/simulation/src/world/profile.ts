/** Everything that can go wrong in a schedule. */
export const FAULT_KINDS = [
  'connection-refused',
  'half-open',
  'lost-before',
  'lost-after',
  'server-errors',
  'busy',
  'slow',
  'jitter',
  'feed-held',
  'rows-stalled',
  'buffering-proxy',
  'connections-cut',
  'row-cut',
  'ending-maintenance',
  'ending-changes-duration',
  'ending-new-epoch',
  'ending-feed-died',
  'ending-limit',
  'ending-timeout',
  'duplicates',
  'rewind',
  'failover',
  'replica-down',
  'replica-lag',
  'reads-by-one',
  'null-sequences',
  'purge',
  'purge-forgotten',
  'conflict',
  'foreign-documents',
  'poisonous-documents',
  'large-document',
  'bulk-import',
  'neuron-restart',
  'clock-step',
  'database-recreated',
  'database-restored',
] as const;

/** What can go wrong between neurons, and with them, in schedules of messages. */
export const SYSTEM_FAULT_KINDS = ['link-reset', 'link-cut', 'link-one-way', 'link-slow', 'neuron-cut-off', 'neuron-frozen', 'neuron-killed', 'host-gone', 'neuron-closed'] as const;

/** One of {@link SYSTEM_FAULT_KINDS}. */
export type SystemFaultKind = (typeof SYSTEM_FAULT_KINDS)[number];

/** One of {@link FAULT_KINDS}. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What schedules are like. */
export interface Profile {
  readonly name: string;
  readonly faults: readonly FaultKind[];
  /** Faults of one schedule, at most. */
  readonly maxFaults: number;
  readonly maxNeurons: number;
  readonly operationsPerClient: number;
  readonly maxClientsPerNeuron: number;
  readonly watches: boolean;
  /** Watches that leave and are resumed on other neurons, on databases of one replica. */
  readonly wanderers: number;
  /** Clients of each neuron's Redis face that keep what they read, at most. */
  readonly trackers: number;
  /** Clients that watch over WebSockets and go from neuron to neuron, on databases of one replica. */
  readonly sockets: number;
  /** Hosts' clocks are wrong now and then. */
  readonly skews: boolean;
  /** Neurons with membership, links and router, and clients that send messages, instead of memories alone: how many neurons, of which chance picks one. */
  readonly systemSizes?: readonly number[];
  /** Somebody publishes and listens on them, too. */
  readonly audience?: boolean;
  /** How many of their clients a document of presence holds; the default holds all that there are. */
  readonly slotSubscriptions?: number;
  /** Faults between those neurons, beside {@link Profile.faults}. */
  readonly systemFaults?: readonly SystemFaultKind[];
}

/** Faults of which one schedule in some has one, since nothing else can be judged across them. */
export const UPHEAVALS: readonly FaultKind[] = ['database-recreated', 'database-restored'];

const ALL: Profile = { name: 'all', faults: FAULT_KINDS, maxFaults: 4, maxNeurons: 3, operationsPerClient: 7, maxClientsPerNeuron: 2, watches: true, wanderers: 0, trackers: 0, sockets: 0, skews: true };

const WANDER: Profile = {
  ...ALL,
  name: 'wander',
  faults: ['connections-cut', 'row-cut', 'feed-held', 'jitter', 'slow', 'lost-after', 'duplicates', 'buffering-proxy', 'ending-limit'],
  operationsPerClient: 20,
  watches: false,
  wanderers: 3,
};

const MESSAGING: Profile = {
  ...ALL,
  name: 'messaging',
  faults: ['connection-refused', 'half-open', 'lost-before', 'lost-after', 'busy', 'slow', 'jitter', 'feed-held', 'connections-cut', 'row-cut', 'duplicates', 'rewind', 'ending-limit', 'clock-step'],
  systemFaults: SYSTEM_FAULT_KINDS,
  maxFaults: 3,
  operationsPerClient: 8,
  systemSizes: [2, 2, 2, 2, 3, 3, 3, 4],
};

/** Profiles by name. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  all: ALL,
  quick: { ...ALL, name: 'quick', maxFaults: 3, maxNeurons: 2, operationsPerClient: 4, maxClientsPerNeuron: 1 },
  calm: { ...ALL, name: 'calm', faults: [], maxFaults: 0 },
  network: {
    ...ALL,
    name: 'network',
    faults: FAULT_KINDS.filter((kind) => FAULT_KINDS.indexOf(kind) <= FAULT_KINDS.indexOf('rewind')),
    maxFaults: 6,
  },
  wander: { ...WANDER, skews: false },
  'wander-skewed': { ...WANDER, name: 'wander-skewed' },
  faces: { ...ALL, name: 'faces', maxFaults: 3, maxNeurons: 2, operationsPerClient: 7, maxClientsPerNeuron: 1, watches: false, trackers: 2 },
  sockets: { ...WANDER, name: 'sockets', faults: [...WANDER.faults, 'neuron-restart'], operationsPerClient: 12, wanderers: 0, sockets: 3, skews: false },
  messaging: MESSAGING,
  'messaging-kills': { ...MESSAGING, name: 'messaging-kills', faults: [], systemFaults: ['neuron-killed', 'host-gone'], maxFaults: 1, systemSizes: [2, 3, 4] },
  'messaging-frozen': { ...MESSAGING, name: 'messaging-frozen', faults: [], systemFaults: ['neuron-frozen'], maxFaults: 1, operationsPerClient: 30, systemSizes: [2, 3] },
  'messaging-audience': { ...MESSAGING, name: 'messaging-audience', audience: true },
  'messaging-slots': { ...MESSAGING, name: 'messaging-slots', slotSubscriptions: 1 },
  'messaging-calm': { ...MESSAGING, name: 'messaging-calm', faults: [], systemFaults: [], maxFaults: 0, systemSizes: [2] },
  long: { ...ALL, name: 'long', maxFaults: 10, operationsPerClient: 60 },
};
