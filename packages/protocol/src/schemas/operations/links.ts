import * as z from 'zod';

import { revocationAnswerSchema, revocationBodySchema, revocationListSchema } from '../links.ts';
import type { OperationSchema } from '../operation.ts';
import { ANY, PARAMETERS as P } from '../parameters.ts';
import { countSchema } from '../values.ts';

const path = '/_links/{path}';
const name = { ...P.k, schema: z.string().regex(/^[0-9a-z]{1,64}$/), description: 'the name of a neuron, or the serial number of a certificate; may stand in the body instead' };
const errors = ['bad_value', 'bad_option', 'bad_body'] as const;
const _ver_ = '019ac1f2b8000000-n1';

const PUT: OperationSchema = {
  service: 'links',
  method: 'PUT',
  path,
  summary: 'Revoke a neuron, or a certificate',
  description: 'For the system account, at `revoked`. The other neurons cut its links at once, and believe it no more. What is revoked already stays as it is.',
  parameters: [name, ...ANY],
  body: revocationBodySchema,
  answer: revocationAnswerSchema,
  headers: ['ETag', 'X-KV4-Durable'],
  errors,
  examples: [
    { name: 'revoke', summary: 'A neuron that was broken into', path: 'revoked', body: { k: 'n9' }, answer: { v: { k: 'n9', _ver_ }, s: 'ok' } },
    { name: 'revoke-nobody', summary: 'What is no name', path: 'revoked', parameters: { Prefer: 'status=http' }, body: { k: 'N 9' }, status: 400, answer: { v: 'bad_option', s: 'error' } },
  ],
};

/** Operations on links between neurons. */
export const LINK_OPERATIONS: readonly OperationSchema[] = [
  PUT,
  { ...PUT, method: 'POST', summary: 'Revoke a neuron, or a certificate (the same as PUT)', description: 'What PUT does.', examples: [{ name: 'revoke-certificate', summary: 'A certificate', path: 'revoked', body: { k: '5f0c31aa' }, answer: { v: { k: '5f0c31aa', _ver_ }, s: 'ok' } }] },
  {
    service: 'links',
    method: 'GET',
    path,
    summary: 'Who is revoked, since when, and by whom',
    description: 'For the system account, at `revoked`.',
    parameters: [...ANY],
    answer: revocationListSchema,
    errors,
    examples: [{ name: 'revoked', summary: 'All of them', path: 'revoked', answer: { v: [{ k: '5f0c31aa', t: 1_764_410_400, a: '$sys' }, { k: 'n9', t: 1_764_410_100, a: '$sys' }], s: 'ok' } }],
  },
  {
    service: 'links',
    method: 'DELETE',
    path,
    summary: 'Believe a neuron again, or delete the system authority',
    description: 'For the system account. At `revoked`, one by its name; at `authority` the system authority: the next neuron that starts makes another, with its own system secret.',
    parameters: [name, ...ANY],
    answer: countSchema,
    errors,
    examples: [
      { name: 'restore', summary: 'A neuron that was set up anew', path: 'revoked', parameters: { k: 'n9' }, answer: { v: 1, s: 'ok' } },
      { name: 'delete-authority', summary: 'Before the system secret is changed', path: 'authority', answer: { v: 1, s: 'ok' } },
    ],
  },
];
