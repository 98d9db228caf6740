import { checkWebhook, MIN_SECRET_CHARACTERS, WEBHOOK_EVENTS, type Webhook, type WebhookEventType } from '@xir/webhooks';
import { parse as parseYaml } from 'yaml';

import type { OptionKind } from './option-kinds.ts';

const FIELDS = ['url', 'path', 'bucket', 'events', 'secret'] as const;

const DETAILS = `What is sent, and how a receiver checks it, stands in [webhooks](../packages/webhooks/README.md). In the configuration file it is written as YAML:

\`\`\`yaml
webhooks:
  - url: https://example.org/hooks/xir
    path: /chat/**
    bucket: cool
    events: [join, leave]
    secret: at least ${MIN_SECRET_CHARACTERS} characters
\`\`\`

| field | what | default |
|---|---|---|
| \`url\` | an \`http:\` or \`https:\` URL without a login; redirects are not followed | has to be there |
| \`path\` | a pattern of channels, as of \`channels\` | \`/**\` |
| \`bucket\` | the account whose channels are meant | any |
| \`events\` | some of ${WEBHOOK_EVENTS.map((event) => `\`${event}\``).join(', ')} | \`join\`, \`leave\` |
| \`secret\` | at least ${MIN_SECRET_CHARACTERS} characters, with which requests are signed | has to be there |`;

/** Webhooks, as JSON or YAML. What is wrong is told without repeating the text, which holds secrets. */
export const webhookSettings: OptionKind<readonly Webhook[]> = {
  placeholder: '<hooks>',
  description: 'a list of webhooks, as JSON or YAML, as below',
  structured: true,
  details: DETAILS,
  parse: (text) => {
    const value = valueOf(text);
    if (!Array.isArray(value)) throw new TypeError('expected a list of webhooks, such as [{"url":"https://example.org/hook","secret":"..."}]');
    return value.map((item, index) => webhookOf(item, `webhook ${index + 1}`));
  },
  show: (hooks) => JSON.stringify(hooks.map(({ secret: _secret, url, ...rest }) => ({ ...rest, url: new URL(url).origin }))),
};

function valueOf(text: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 0, prettyErrors: false });
  } catch {
    // What is wrong is told without repeating the text.
    throw new TypeError('it is neither JSON nor YAML');
  }
}

function webhookOf(item: unknown, place: string): Webhook {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw new TypeError(`${place} has to be fields and values`);
  const unknown = Object.keys(item).find((name) => !FIELDS.some((field) => field === name));
  if (unknown !== undefined) throw new TypeError(`${place} has a field that there is not; there are ${FIELDS.join(', ')}`);
  const { url, path = '/**', bucket, events = ['join', 'leave'], secret } = item as Readonly<Record<string, unknown>>;
  if (typeof url !== 'string' || typeof path !== 'string' || typeof secret !== 'string') throw new TypeError(`${place}: url, path and secret have to be texts`);
  if (bucket !== undefined && (typeof bucket !== 'string' || bucket === '')) throw new TypeError(`${place}: bucket has to be the name of an account`);
  if (!Array.isArray(events)) throw new TypeError(`${place}: events have to be a list`);
  const hook: Webhook = { url, path, events: events as readonly WebhookEventType[], secret, ...(typeof bucket === 'string' ? { bucket } : {}) };
  try {
    checkWebhook(hook);
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`${place}: ${error.message}`) : error;
  }
  return hook;
}
