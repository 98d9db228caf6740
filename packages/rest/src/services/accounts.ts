import {
  AccountsError,
  accountsAddress,
  administratorsAddress,
  checkDetails,
  detailedAccount,
  publicAccount,
  publicAdministrator,
  type AccountScope,
  type WrittenAccount,
} from '@xir/accounts';
import { normaliseEmail, SYSTEM_ACCOUNT, withVersionText } from '@xir/protocol';

import { bucketScope } from '../bucket-scope.ts';
import { RestError } from '../errors.ts';
import { namesKey, readKey, type Reading } from '../key-reading.ts';
import { readPath } from '../path-reading.ts';
import type { Service, ServiceAnswer, ServiceMethod, ServiceRequest, ValueAnswer } from '../service.ts';
import { FORCED_VERSION, requireBody, requireKey } from '../write-parameters.ts';
import { issueDataToken } from './data-token.ts';

type Handler = (request: ServiceRequest, scope: AccountScope) => Promise<ServiceAnswer>;

/** Where a token for the own login is had; nothing of an account changes by it. */
const TOKEN_PATH = '/token';

/** `_acc`: accounts, the own account, administrators, tokens. */
export const accountService: Service = {
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  async handle(request) {
    const handler = HANDLERS[request.path]?.[request.method];
    if (handler === undefined) {
      if (HANDLERS[request.path] !== undefined) throw new RestError('REST_METHOD_NOT_ALLOWED', 'not with this method');
      // Unknown places are answered like places where nothing is, so that every read is parseable.
      throw new RestError('REST_NOT_FOUND', 'there is no such kind of account');
    }
    const { login } = request;
    if (request.method !== 'GET' && request.path !== TOKEN_PATH && login.role !== 'admin') {
      throw new AccountsError('ACCOUNTS_NOT_ADMINISTRATOR', 'only administrators of the role admin may change accounts');
    }
    const { bucket } = await bucketScope(request);
    return handler(request, { bucket, author: login.author });
  },
};

const HANDLERS: Readonly<Record<string, Partial<Record<ServiceMethod, Handler>>>> = {
  '/accounts': { GET: readAccounts, PUT: createAccount, POST: updateAccount, DELETE: removeAccount },
  [TOKEN_PATH]: { PUT: issueDataToken, POST: issueDataToken },
  '/me': { GET: readSelf, POST: updateSelf },
  '/users/admins': { GET: readAdministrators, PUT: writeAdministrator, POST: writeAdministrator, DELETE: removeAdministrator },
};

async function readAccounts(request: ServiceRequest, scope: AccountScope): Promise<ServiceAnswer> {
  return read(request, { address: accountsAddress(scope.bucket), sinceMs: request.login.sinceMs, project: publicAccount });
}

async function readAdministrators(request: ServiceRequest, scope: AccountScope): Promise<ServiceAnswer> {
  return read(request, { address: administratorsAddress(scope.bucket), sinceMs: request.login.sinceMs, project: publicAdministrator });
}

function read(request: ServiceRequest, reading: Reading): Promise<ServiceAnswer> {
  const email = request.query.get('k2');
  const normalised = email === undefined ? request : { ...request, query: new Map([...request.query, ['k2', normaliseEmail(email)]]) };
  return namesKey(request.query) ? readKey(normalised, reading) : readPath(normalised, reading);
}

async function createAccount(request: ServiceRequest, scope: AccountScope): Promise<ValueAnswer> {
  requireTopLevel(scope);
  const body = requireBody(request);
  const name = requireKey(request, body);
  const details = checkDetails(body['v'], name, 'same-name');
  return written(await request.context.accounts.accounts.create(scope, name, details));
}

async function updateAccount(request: ServiceRequest, scope: AccountScope): Promise<ValueAnswer> {
  const body = requireBody(request);
  return update(request, scope, requireKey(request, body));
}

async function update(request: ServiceRequest, scope: AccountScope, name: string): Promise<ValueAnswer> {
  const value = requireBody(request)['v'];
  const details = checkDetails(value, name, 'refused');
  const given = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['_ver_'] : undefined;
  const version = typeof given === 'string' && given !== FORCED_VERSION ? { version: given } : {};
  return written(await request.context.accounts.accounts.update(scope, name, { details, ...version }));
}

async function removeAccount(request: ServiceRequest, scope: AccountScope): Promise<ValueAnswer> {
  const name = request.query.get('k') ?? request.body['k'];
  if (typeof name !== 'string' || name === '') throw new RestError('REST_BAD_NAME', 'the name of the account is needed');
  return { kind: 'value', text: String(await request.context.accounts.accounts.remove(scope, name)) };
}

async function readSelf(request: ServiceRequest): Promise<ValueAnswer> {
  const own = ownAccount(request);
  const record = await request.context.accounts.accounts.get(own.bucket, own.name);
  if (record === undefined) throw new RestError('REST_NOT_FOUND', 'the account is gone');
  return { kind: 'value', text: withVersionText(JSON.stringify(detailedAccount(record.value)), record.version), version: record.version, cached: true };
}

async function updateSelf(request: ServiceRequest): Promise<ValueAnswer> {
  const own = ownAccount(request);
  const value = request.body['v'];
  const fields = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  if (Object.hasOwn(fields, 'active') || Object.hasOwn(fields, 'plan') || Object.hasOwn(fields, 'term')) {
    throw new RestError('REST_FORBIDDEN', 'active, plan and term are set by who owns the account');
  }
  return update(request, { bucket: own.bucket, author: request.login.author }, own.name);
}

/** Where the login's own account is kept. */
function ownAccount({ login }: ServiceRequest): { readonly bucket: string; readonly name: string } {
  if (login.bucket === SYSTEM_ACCOUNT) throw new AccountsError('ACCOUNTS_BAD_CONTEXT', 'the system login has no account');
  return login.subAccount === undefined ? { bucket: SYSTEM_ACCOUNT, name: login.account } : { bucket: login.account, name: login.subAccount };
}

/** The hierarchy is two levels deep: sub-accounts have no accounts beneath them. */
function requireTopLevel(scope: AccountScope): void {
  if (scope.bucket.includes(')')) throw new AccountsError('ACCOUNTS_BAD_CONTEXT', 'a sub-account has no accounts beneath it');
}

async function writeAdministrator(request: ServiceRequest, scope: AccountScope): Promise<ValueAnswer> {
  const body = requireBody(request);
  const name = requireKey(request, body);
  return written(await request.context.accounts.administrators.write(scope, name, checkDetails(body['v'], name, 'same-name')));
}

async function removeAdministrator(request: ServiceRequest, scope: AccountScope): Promise<ValueAnswer> {
  const name = request.query.get('k') ?? request.body['k'];
  if (typeof name !== 'string' || name === '') throw new RestError('REST_BAD_NAME', 'the name of the administrator is needed');
  return { kind: 'value', text: String(await request.context.accounts.administrators.remove(scope, name)) };
}

function written({ value, write }: WrittenAccount): ValueAnswer {
  return { kind: 'value', text: withVersionText(JSON.stringify(value), write.version), version: write.version, durable: write.durable };
}
