/** How a client switches tracking on, and what follows from it. */
export interface TrackingMode {
  readonly name: string;
  /** Words of CLIENT TRACKING ON. */
  readonly words: readonly string[];
  /** Names are followed by prefix and not by what is read. */
  readonly isBroadcast: boolean;
  /** It is told only of names with one of these; absent: of all. */
  readonly prefixes?: readonly string[];
  /** What is to be kept is announced before. */
  readonly asks: boolean;
  /** Own writes are not told. */
  readonly noLoop: boolean;
}

const DEFAULT: TrackingMode = { name: 'default', words: [], isBroadcast: false, asks: false, noLoop: false };
const BROADCAST: TrackingMode = { ...DEFAULT, name: 'broadcast', words: ['BCAST'], isBroadcast: true };

/** The modes of CLIENT TRACKING that clients of a schedule choose from. */
export const TRACKING_MODES: readonly TrackingMode[] = [
  DEFAULT,
  { ...DEFAULT, name: 'noloop', words: ['NOLOOP'], noLoop: true },
  { ...DEFAULT, name: 'optin', words: ['OPTIN'], asks: true },
  { ...DEFAULT, name: 'optout', words: ['OPTOUT'] },
  BROADCAST,
  { ...BROADCAST, name: 'broadcast-noloop', words: ['BCAST', 'NOLOOP'], noLoop: true },
  { ...BROADCAST, name: 'prefix', words: ['BCAST', 'PREFIX', '/a/b'], prefixes: ['/a/b'] },
];
