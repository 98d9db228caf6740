import * as z from 'zod';

import {
  accountCreateBodySchema,
  accountUpdateSchema,
  administratorWriteBodySchema,
  createdAccountSchema,
  detailedAccountSchema,
  publicAccountSchema,
  publicAdministratorSchema,
} from '../accounts.ts';
import type { OperationSchema } from '../operation.ts';
import { ANY, FRESHNESS, IN_BUCKET, PAGE, PARAMETERS as P } from '../parameters.ts';
import { countSchema, datumSchema, namesSchema, seriesRowSchema } from '../values.ts';
import { MAX_DATA_TOKEN_SECONDS } from '../../websocket/request-limits.ts';

const accounts = { service: 'acc', path: '/_acc/accounts' } as const;
const own = { service: 'acc', path: '/_acc/me' } as const;
const token = { service: 'acc', path: '/_acc/token' } as const;
const administrators = { service: 'acc', path: '/_acc/users/admins' } as const;
const reading = { parameters: [P.k, P.email, P.as, P.timeSeries, P.at, ...FRESHNESS, ...PAGE, ...IN_BUCKET], headers: ['ETag', 'X-KV4-Age-Ms', 'X-KV4-Next', 'Link'], errors: ['not_found', 'bad_option', 'not_fresh'] } as const;
const writing = { parameters: [P.account, ...IN_BUCKET], headers: ['ETag', 'X-KV4-Durable'] } as const;
const detailErrors = ['user_not_admin', 'bad_name', 'bad_body', 'bad_value', 'require_account_details', 'bad_email', 'bad_password_format', 'username_is_immutable', 'version_conflict', 'outcome_unknown'] as const;

const elena = { username: 'elena', email: 'elena@example.org', first_name: 'Elena', last_name: '', company: '', created: 1764380000, active: true };
const more = { customer_id: null, plan: 'free', term: 'monthly' };
const first = '019ac1f2c0000000-n1';
const second = '019ac1f2c1000000-n1';
const anna = { email: 'anna@example.org', first_name: 'Anna', last_name: '', role: 'admin', created: 1764380100, _ver_: '019ac1f2c3000000-n1' };
const login = 'elena:elenassecret';

/** The body of a change of an account. */
const accountUpdateBodySchema = z.looseObject({ k: z.string().optional(), v: accountUpdateSchema.extend({ _ver_: z.string().optional() }) });
const ownUpdateBodySchema = z.looseObject({ v: accountUpdateSchema.omit({ active: true, plan: true, term: true }).extend({ _ver_: z.string().optional() }) });
const dataTokenSchema = z.object({ token: z.string(), expiresAtMs: z.int() });
const dataTokenBodySchema = z.looseObject({ expire: z.union([z.int().min(1).max(MAX_DATA_TOKEN_SECONDS), z.string().regex(/^(?:[1-9]\d{0,3}|[1-7]\d{4}|8[0-5]\d{3}|86[0-3]\d{2}|86400)?$/)]).nullable().optional().describe('seconds, as in the query') });
const tokenExample = { v: { token: 'eyJ2IjoxfQ.MEUCIQ', expiresAtMs: 1764380060000 }, s: 'ok' };

/** Operations of `_acc`. */
export const ACCOUNT_OPERATIONS: readonly OperationSchema[] = [
  {
    ...accounts,
    method: 'PUT',
    summary: 'Create an account',
    description: 'The only answer that shows secret and password; a secret is generated unless it is given.',
    ...writing,
    body: accountCreateBodySchema,
    answer: createdAccountSchema,
    errors: [...detailErrors, 'require_email', 'bad_username', 'email_exists', 'username_exists', 'bad_me_context'],
    examples: [
      { name: 'create', summary: 'A top-level account', body: { k: 'elena', v: { email: 'elena@example.org', first_name: 'Elena', secret: 'elenassecret' } }, answer: { v: { ...elena, secret: 'elenassecret', password: '', ...more, _ver_: first }, s: 'ok' } },
      { name: 'taken', summary: 'A name that is taken', parameters: { Prefer: 'status=http' }, body: { k: 'elena', v: { email: 'other@example.org' } }, status: 409, answer: { v: 'username_exists', s: 'error' } },
      { name: 'no-details', summary: 'A value that is no object', body: { k: 'lily', v: 1 }, answer: { v: 'require_account_details', s: 'error' } },
    ],
  },
  {
    ...accounts,
    method: 'GET',
    summary: 'Read or list accounts',
    ...reading,
    answer: z.union([publicAccountSchema, namesSchema, z.array(datumSchema), z.array(publicAccountSchema), z.array(seriesRowSchema)]),
    examples: [
      { name: 'one', summary: 'One account', parameters: { k: 'elena' }, answer: { v: { ...elena, _ver_: first }, s: 'ok' } },
      { name: 'by-email', summary: 'By its email address', parameters: { k2: 'elena@example.org' }, answer: { v: { ...elena, _ver_: first }, s: 'ok' } },
      { name: 'names', summary: 'The names', answer: { v: ['elena'], s: 'ok' } },
    ],
  },
  {
    ...accounts,
    method: 'POST',
    summary: 'Change an account',
    description: 'Lays fields over. No `_ver_` is needed; one inside `v` is heeded.',
    ...writing,
    parameters: [P.k, ...IN_BUCKET],
    body: accountUpdateBodySchema,
    answer: detailedAccountSchema,
    errors: [...detailErrors, 'not_found', 'email_exists'],
    examples: [{ name: 'company', summary: 'Another company', body: { k: 'elena', v: { company: 'Example' } }, answer: { v: { ...elena, company: 'Example', ...more, _ver_: second }, s: 'ok' } }],
  },
  {
    ...own,
    method: 'GET',
    summary: 'Read the own account',
    parameters: ANY,
    headers: ['ETag', 'X-KV4-Age-Ms'],
    answer: detailedAccountSchema,
    errors: ['bad_me_context', 'not_found'],
    examples: [
      { name: 'own', summary: 'The account of the login', login, answer: { v: { ...elena, company: 'Example', ...more, _ver_: second }, s: 'ok' } },
      { name: 'system', summary: 'The system login has none', parameters: { Prefer: 'status=http' }, status: 400, answer: { v: 'bad_me_context', s: 'error' } },
      { name: 'no-login', summary: 'A wrong secret', login: 'elena:wrong', parameters: { Prefer: 'status=http' }, status: 401, answer: { v: 'unauthorized', s: 'error' } },
    ],
  },
  {
    ...own,
    method: 'POST',
    summary: 'Change the own account',
    description: '`active`, `plan` and `term` are set by who owns the account.',
    parameters: ANY,
    headers: ['ETag', 'X-KV4-Durable'],
    body: ownUpdateBodySchema,
    answer: detailedAccountSchema,
    errors: [...detailErrors, 'bad_me_context', 'not_found', 'email_exists'],
    examples: [{ name: 'name', summary: 'A last name', login, body: { v: { last_name: 'Novak' } }, answer: { v: { ...elena, last_name: 'Novak', company: 'Example', ...more, _ver_: '019ac1f2c2000000-n1' }, s: 'ok' } }],
  },
  {
    ...token,
    method: 'PUT',
    summary: 'Make a token that stands for the login',
    description: 'For `Authorization: Bearer` and the WebSocket data API.',
    parameters: [P.expireLogin, ...ANY],
    body: dataTokenBodySchema,
    answer: dataTokenSchema,
    errors: ['bad_option'],
    examples: [{ name: 'token', summary: 'A token for a minute', login, parameters: { expire: '60' }, answer: tokenExample }],
  },
  {
    ...token,
    method: 'POST',
    summary: 'Make a token that stands for the login (the same as PUT)',
    parameters: [P.expireLogin, ...ANY],
    body: dataTokenBodySchema,
    answer: dataTokenSchema,
    errors: ['bad_option'],
    examples: [
      { name: 'default-life', summary: 'The life in the body', login, body: { expire: 30 }, answer: tokenExample },
      { name: 'too-long', summary: 'A life that is too long', login, body: { expire: 100000 }, answer: { v: 'bad_option', s: 'error' } },
    ],
  },
  {
    ...administrators,
    method: 'PUT',
    summary: 'Create or change an administrator',
    ...writing,
    body: administratorWriteBodySchema,
    answer: publicAdministratorSchema,
    errors: [...detailErrors, 'require_email', 'require_password', 'bad_username'],
    examples: [{ name: 'create', summary: 'An administrator', login, body: { k: 'anna', v: { email: 'anna@example.org', password: 'annaspassword', first_name: 'Anna', role: 'admin' } }, answer: { v: anna, s: 'ok' } }],
  },
  {
    ...administrators,
    method: 'POST',
    summary: 'Create or change an administrator (the same as PUT)',
    ...writing,
    body: administratorWriteBodySchema,
    answer: publicAdministratorSchema,
    errors: [...detailErrors, 'require_email', 'require_password', 'bad_username'],
    examples: [{ name: 'role', summary: 'Another role', login, body: { k: 'anna', v: { role: 'reader' } }, answer: { v: { ...anna, role: 'reader', _ver_: '019ac1f2c4000000-n1' }, s: 'ok' } }],
  },
  {
    ...administrators,
    method: 'GET',
    summary: 'Read or list administrators',
    ...reading,
    answer: z.union([publicAdministratorSchema, namesSchema, z.array(datumSchema), z.array(publicAdministratorSchema), z.array(seriesRowSchema)]),
    examples: [
      { name: 'names', summary: 'The names', login, answer: { v: ['anna'], s: 'ok' } },
      { name: 'one', summary: 'One administrator', login, parameters: { k: 'anna' }, answer: { v: { ...anna, role: 'reader', _ver_: '019ac1f2c4000000-n1' }, s: 'ok' } },
    ],
  },
  {
    ...administrators,
    method: 'DELETE',
    summary: 'Delete an administrator',
    parameters: [P.k, ...IN_BUCKET],
    answer: countSchema,
    errors: ['user_not_admin', 'bad_name', 'outcome_unknown'],
    examples: [
      { name: 'not-allowed', summary: 'An administrator of another role', login: 'elena:anna#annaspassword', parameters: { k: 'anna', Prefer: 'status=http' }, status: 403, answer: { v: 'user_not_admin', s: 'error' } },
      { name: 'one', summary: 'One administrator', login, parameters: { k: 'anna' }, answer: { v: 1, s: 'ok' } },
    ],
  },
  {
    ...accounts,
    method: 'DELETE',
    summary: 'Delete an account and all its data',
    description: 'Its buckets and those of its sub-accounts are dropped, in all layers.',
    parameters: [P.k, ...IN_BUCKET],
    answer: countSchema,
    errors: ['user_not_admin', 'bad_name', 'outcome_unknown'],
    examples: [{ name: 'nobody', summary: 'An account that is not there', parameters: { k: 'nobody' }, answer: { v: 0, s: 'ok' } }],
  },
];
