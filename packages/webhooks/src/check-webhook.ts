import { channelPattern } from '@xir/router';

import { WEBHOOK_EVENTS, type Webhook } from './options.ts';

/** Shortest secret, in characters. */
export const MIN_SECRET_CHARACTERS = 16;

/** Throws a `TypeError` that says what is wrong with a webhook, without repeating its URL or secret. */
export function checkWebhook({ url, path, events, secret }: Webhook): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) throw new TypeError('url has to be an http: or https: URL');
  if (parsed.username !== '' || parsed.password !== '') throw new TypeError('url must not hold a login: what is sent is signed');
  channelPattern(path);
  if (events.length === 0 || !events.every((event) => WEBHOOK_EVENTS.includes(event))) throw new TypeError(`events have to be some of ${WEBHOOK_EVENTS.join(', ')}`);
  if (secret.length < MIN_SECRET_CHARACTERS) throw new TypeError(`secret has to have at least ${MIN_SECRET_CHARACTERS} characters`);
}
