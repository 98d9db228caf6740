import type { Logger } from '@xir/operations';
import { startWebhooks, WebhookFollower, type WebhookFollowerOptions, type Webhooks, type WebhooksOptions } from '@xir/webhooks';

import type { ClosingStack } from './closing-stack.ts';
import type { NamedSettings } from './named-settings.ts';

/** What webhooks work with. */
export type WebhookParts = Pick<WebhooksOptions, 'router' | 'membership'> & Pick<WebhookFollowerOptions, 'store'>;

/** Starts the webhooks of the settings and those that are stored, which are followed. Failures are logged by origin: paths and queries may hold secrets. */
export async function openWebhooks({ webhooks: hooks = [], systemSecret }: NamedSettings, { router, membership, store }: WebhookParts, { stack, logger }: { readonly stack: ClosingStack; readonly logger: Logger }): Promise<Webhooks> {
  const webhooks = startWebhooks({
    hooks,
    router,
    membership,
    onFailure: ({ origin, reason, attempt, isGivenUp }) => {
      if (isGivenUp) logger.error({ origin, reason, attempt }, 'a webhook was given up: its events are lost');
      else logger.warn({ origin, reason, attempt }, 'a webhook failed, and is tried again');
    },
  });
  stack.add('webhooks', webhooks);
  const onError = (error: unknown) => logger.error({ error }, 'something of the stored webhooks failed, and is tried again where it can be');
  await stack.add('stored webhooks', new WebhookFollower({ store, systemSecret, onChange: (stored) => webhooks.set(stored), onError })).open();
  return webhooks;
}
