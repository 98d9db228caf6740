import type { Service } from '../service.ts';
import { accountService } from './accounts.ts';
import { banService } from './bans.ts';
import { dataService } from './data.ts';
import { discoveryService } from './discovery.ts';
import { hostService } from './host.ts';
import { namespaceService } from './namespaces.ts';
import { statsService } from './stats.ts';
import { subscriptionService } from './subscriptions.ts';
import { tokenService } from './token.ts';
import { turnService } from './turn.ts';

/** Every service by its name in the path, without the underscore. */
export const SERVICES: ReadonlyMap<string, Service> = new Map<string, Service>([
  ['ns', namespaceService],
  ['data', dataService],
  ['acc', accountService],
  ['auth', banService],
  ['ds', discoveryService],
  ['stats', statsService],
  ['host', hostService],
  ['token', tokenService],
  ['turn', turnService],
  ['subs', subscriptionService],
]);
