import * as z from 'zod';

import { accountCreateBodySchema, accountUpdateSchema, administratorWriteBodySchema, createdAccountSchema, publicAccountSchema, publicAdministratorSchema } from './accounts.ts';
import { dataReadAnswerSchema, dataWriteBodySchema } from './data.ts';
import { hostAnswerSchema, subscriptionSchema, tokenAnswerSchema, turnAnswerSchema, turnBodySchema } from './signalling.ts';
import { statsAnswerSchema, statsWriteBodySchema } from './stats.ts';
import { answeredValueSchema, countSchema, datumSchema, namesSchema, seriesRowSchema, versionedObjectSchema, versionOnlySchema } from './values.ts';

/** One operation of the API: what an OpenAPI document says about it derives from here. */
export interface OperationSchema {
  readonly service: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** The URL's path; `{path}` stands for any number of segments, none included. */
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  /** What stands in `v` of the successful envelope. */
  readonly answer: z.ZodType;
}

const listing = z.union([namesSchema, z.array(datumSchema), z.array(versionedObjectSchema)]);

/** Every operation of the v3 API, with its schemas. */
export const OPERATIONS: readonly OperationSchema[] = [
  { service: 'ns', method: 'PUT', path: '/_ns/{path}', summary: 'Create a namespace', answer: versionOnlySchema },
  { service: 'ns', method: 'GET', path: '/_ns/{path}', summary: 'List namespaces beneath a path', answer: namesSchema },
  { service: 'ns', method: 'DELETE', path: '/_ns/{path}', summary: 'Remove a namespace and those beneath it', answer: countSchema },
  { service: 'data', method: 'GET', path: '/_data/{path}', summary: 'Read a value, a listing, a subtree, a series or an aggregate', answer: dataReadAnswerSchema },
  { service: 'data', method: 'PUT', path: '/_data/{path}', summary: 'Write a value', body: dataWriteBodySchema, answer: answeredValueSchema },
  { service: 'data', method: 'POST', path: '/_data/{path}', summary: 'Write a value', body: dataWriteBodySchema, answer: answeredValueSchema },
  { service: 'data', method: 'PATCH', path: '/_data/{path}', summary: 'Merge fields into a value', body: dataWriteBodySchema, answer: answeredValueSchema },
  { service: 'data', method: 'DELETE', path: '/_data/{path}', summary: 'Delete a key, a path or a subtree', answer: countSchema },
  {
    service: 'acc',
    method: 'GET',
    path: '/_acc/accounts',
    summary: 'Read or list accounts',
    answer: z.union([publicAccountSchema, listing, z.array(seriesRowSchema)]),
  },
  { service: 'acc', method: 'PUT', path: '/_acc/accounts', summary: 'Create an account', body: accountCreateBodySchema, answer: createdAccountSchema },
  {
    service: 'acc',
    method: 'POST',
    path: '/_acc/accounts',
    summary: 'Change an account',
    body: z.object({ k: z.string(), v: accountUpdateSchema }),
    answer: versionedObjectSchema,
  },
  { service: 'acc', method: 'DELETE', path: '/_acc/accounts', summary: 'Delete an account and all its data', answer: countSchema },
  { service: 'acc', method: 'GET', path: '/_acc/me', summary: 'Read the own account', answer: publicAccountSchema },
  { service: 'acc', method: 'POST', path: '/_acc/me', summary: 'Change the own account', body: z.object({ v: accountUpdateSchema }), answer: versionedObjectSchema },
  {
    service: 'acc',
    method: 'GET',
    path: '/_acc/users/admins',
    summary: 'Read or list administrators',
    answer: z.union([publicAdministratorSchema, listing, z.array(seriesRowSchema)]),
  },
  { service: 'acc', method: 'PUT', path: '/_acc/users/admins', summary: 'Create or change an administrator', body: administratorWriteBodySchema, answer: publicAdministratorSchema },
  { service: 'acc', method: 'POST', path: '/_acc/users/admins', summary: 'Create or change an administrator', body: administratorWriteBodySchema, answer: publicAdministratorSchema },
  { service: 'acc', method: 'DELETE', path: '/_acc/users/admins', summary: 'Delete an administrator', answer: countSchema },
  { service: 'auth', method: 'PUT', path: '/_auth/{path}', summary: 'Ban an IP address from a path and below', body: z.object({ k: z.string(), v: z.json().optional() }), answer: versionedObjectSchema },
  { service: 'auth', method: 'GET', path: '/_auth/{path}', summary: 'List banned addresses', answer: z.union([versionedObjectSchema, listing]) },
  { service: 'auth', method: 'DELETE', path: '/_auth/{path}', summary: 'Lift bans', answer: countSchema },
  { service: 'ds', method: 'GET', path: '/_ds/{path}', summary: 'Discover layers, paths and keys', answer: namesSchema },
  { service: 'stats', method: 'GET', path: '/_stats/{path}', summary: 'Query measurements', answer: statsAnswerSchema },
  { service: 'stats', method: 'PUT', path: '/_stats/{path}', summary: 'Post a measurement', body: statsWriteBodySchema, answer: z.object({}) },
  { service: 'stats', method: 'POST', path: '/_stats/{path}', summary: 'Post a measurement', body: statsWriteBodySchema, answer: z.object({}) },
  { service: 'subs', method: 'GET', path: '/_subs/{path}', summary: 'List the users of a channel', answer: z.union([namesSchema, z.array(subscriptionSchema), subscriptionSchema, z.array(datumSchema)]) },
  { service: 'subs', method: 'DELETE', path: '/_subs/{path}', summary: 'Remove users from a channel', answer: countSchema },
  { service: 'token', method: 'PUT', path: '/_token/{path}', summary: 'Make a signalling token', answer: tokenAnswerSchema },
  { service: 'host', method: 'GET', path: '/_host/{path}', summary: 'Find the best server', answer: hostAnswerSchema },
  { service: 'turn', method: 'PUT', path: '/_turn/{path}', summary: 'Get ICE servers', body: turnBodySchema, answer: turnAnswerSchema },
];
