import * as z from 'zod';

import type { OperationSchema } from '../operation.ts';
import { ANY, PARAMETERS as P } from '../parameters.ts';
import { countSchema } from '../values.ts';
import { webhookAnswerSchema, webhookBodySchema, webhookListSchema } from '../webhooks.ts';

const path = '/_webhooks/{path}';
const name = { ...P.k, schema: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), description: 'the name of the webhook; may stand in the body instead' };
const errors = ['bad_value', 'bad_option', 'bad_body', 'not_found'] as const;
const _ver_ = '019ac1f2b8000000-n1';
const shown = { url: 'https://example.org', events: ['join', 'leave'], bucket: 'elena' };

const PUT: OperationSchema = {
  service: 'webhooks',
  method: 'PUT',
  path,
  summary: 'Set a webhook of a path and what is beneath it',
  description: 'For the system account. All neurons tell it from then on, each event once. Of the URL only the origin is shown again, and of the secret nothing.',
  parameters: [name, ...ANY],
  body: webhookBodySchema,
  answer: webhookAnswerSchema,
  headers: ['ETag', 'X-KV4-Durable'],
  errors,
  examples: [
    { name: 'set', summary: 'Who comes and goes in a shop', path: 'shop', body: { k: 'orders', v: { url: 'https://example.org/hooks?key=1', secret: 'at least sixteen characters', events: ['join', 'leave'], bucket: 'elena' } }, answer: { v: { ...shown, _ver_ }, s: 'ok' } },
    { name: 'short-secret', summary: 'A secret that is too short', path: 'shop', parameters: { Prefer: 'status=http' }, body: { k: 'orders', v: { url: 'https://example.org/hooks', secret: 'short' } }, status: 400, answer: { v: 'bad_value', s: 'error' } },
  ],
};

/** Operations of webhooks. */
export const WEBHOOK_OPERATIONS: readonly OperationSchema[] = [
  PUT,
  { ...PUT, method: 'POST', summary: 'Set a webhook (the same as PUT)', description: 'What PUT does.', examples: [{ name: 'messages', summary: 'What is said anywhere', path: '', body: { k: 'all', v: { url: 'https://example.org/all', secret: 'at least sixteen characters', events: ['message'] } }, answer: { v: { url: 'https://example.org', events: ['message'], _ver_ }, s: 'ok' } }] },
  {
    service: 'webhooks',
    method: 'GET',
    path,
    summary: 'Read webhooks',
    description: 'One by its name, or all of the path and what is beneath it.',
    parameters: [name, ...ANY],
    answer: webhookListSchema.or(webhookAnswerSchema),
    headers: ['ETag'],
    errors,
    examples: [
      { name: 'all', summary: 'All of them', path: '', answer: { v: [{ path: '/', k: 'all', url: 'https://example.org', events: ['message'] }, { path: '/shop', k: 'orders', ...shown }], s: 'ok' } },
      { name: 'one', summary: 'One by its name', path: 'shop', parameters: { k: 'orders' }, answer: { v: { ...shown, _ver_ }, s: 'ok' } },
    ],
  },
  {
    service: 'webhooks',
    method: 'DELETE',
    path,
    summary: 'Delete webhooks',
    description: 'One by its name, or those of the path; those beneath it stay.',
    parameters: [name, ...ANY],
    answer: countSchema,
    errors,
    examples: [
      { name: 'delete', summary: 'One by its name', path: 'shop', parameters: { k: 'orders' }, answer: { v: 1, s: 'ok' } },
      { name: 'delete-path', summary: 'Those of a path', path: '', answer: { v: 1, s: 'ok' } },
    ],
  },
];
