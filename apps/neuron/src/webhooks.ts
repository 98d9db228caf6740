import type { Logger } from '@xir/operations';
import { startWebhooks, type Webhooks, type WebhooksOptions } from '@xir/webhooks';

import type { NamedSettings } from './named-settings.ts';

/** Starts the webhooks of the settings; `undefined`: there are none. Failures are logged by origin: paths and queries may hold secrets. */
export function openWebhooks({ webhooks }: NamedSettings, parts: Pick<WebhooksOptions, 'router' | 'membership'>, logger: Logger): Webhooks | undefined {
  if (webhooks === undefined || webhooks.length === 0) return undefined;
  return startWebhooks({
    hooks: webhooks,
    ...parts,
    onFailure: ({ origin, reason, attempt, isGivenUp }) => {
      if (isGivenUp) logger.error({ origin, reason, attempt }, 'a webhook was given up: its events are lost');
      else logger.warn({ origin, reason, attempt }, 'a webhook failed, and is tried again');
    },
  });
}
