import type { Accounts, DataTokens, Login } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';

import type { ChangeFollower } from './changes/change-follower.ts';
import type { FollowedStore } from './changes/followed-store.ts';
import type { Client } from './client.ts';
import type { Command } from './command.ts';
import type { FoldedAdditions } from './folded-additions.ts';
import type { KeyTurns } from './key-turns.ts';
import type { RespMetrics } from './metrics.ts';
import type { RespLimits } from './options.ts';
import type { Channels } from './channels.ts';
import type { ScanCursors } from './scan-cursors.ts';
import type { TrackedNames } from './tracking/tracked-names.ts';

/** What commands work with. */
export interface RespContext {
  readonly store: FollowedStore;
  readonly accounts: Accounts;
  /** `undefined`: no token logs in. */
  readonly tokens: DataTokens | undefined;
  readonly neuron: string;
  readonly version: string;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly limits: RespLimits;
  readonly metrics: RespMetrics;
  /** Clients by id. */
  readonly clients: ReadonlyMap<number, Client>;
  readonly commands: ReadonlyMap<string, Command>;
  readonly turns: KeyTurns;
  readonly additions: FoldedAdditions;
  readonly cursors: ScanCursors;
  readonly changes: ChangeFollower;
  readonly channels: Channels;
  readonly tracked: TrackedNames;
  readonly countRequest: ((login: Login, entity: string) => void) | undefined;
  readonly onError: (error: unknown) => void;
}
