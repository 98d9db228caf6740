import type { Accounts, CachedStore, DataTokens, Login } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';

import type { WebSocketMetrics } from './metrics.ts';
import type { WebSocketLimits } from './options.ts';

/** What all connections share. */
export interface WebSocketContext {
  readonly store: CachedStore;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly limits: WebSocketLimits;
  readonly metrics: WebSocketMetrics;
  readonly tokens: DataTokens;
  readonly countRequest: ((login: Login, entity: string) => void) | undefined;
  readonly onError: (error: unknown) => void;
}
