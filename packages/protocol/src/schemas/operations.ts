import type { OperationSchema } from './operation.ts';
import { ACCOUNT_OPERATIONS } from './operations/accounts.ts';
import { DATA_OPERATIONS } from './operations/data.ts';
import { LINK_OPERATIONS } from './operations/links.ts';
import { MESSAGING_OPERATIONS } from './operations/messaging.ts';
import { BAN_OPERATIONS, DISCOVERY_OPERATIONS, NAMESPACE_OPERATIONS, SIGNALLING_OPERATIONS, STATS_OPERATIONS } from './operations/small-services.ts';
import { WEBHOOK_OPERATIONS } from './operations/webhooks.ts';

/** Every operation of the REST API, in the order in which their examples tell a story. */
export const OPERATIONS: readonly OperationSchema[] = [
  ...DATA_OPERATIONS,
  ...NAMESPACE_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...BAN_OPERATIONS,
  ...DISCOVERY_OPERATIONS,
  ...STATS_OPERATIONS,
  ...SIGNALLING_OPERATIONS,
  ...MESSAGING_OPERATIONS,
  ...WEBHOOK_OPERATIONS,
  ...LINK_OPERATIONS,
];
