import { badRequest, unauthorized } from '../couch-error.ts';
import { isObject } from '../document/document-edit.ts';
import type { Authenticator } from '../access/authenticator.ts';
import { parseJson, type Exchange } from './exchange.ts';

/** `/_session`: who one is, login, logout. Source: CouchDB 3.5, chapter "Authentication". */
export async function handleSession(exchange: Exchange, authenticator: Authenticator): Promise<void> {
  exchange.allow('GET', 'HEAD', 'POST', 'DELETE');
  if (exchange.method === 'POST') return login(exchange, authenticator);
  if (exchange.method === 'DELETE') return exchange.send(200, { ok: true }, { 'Set-Cookie': authenticator.cookie(undefined) });
  const { name, roles, authenticated } = exchange.user;
  const info = { authentication_handlers: ['cookie', 'default'], ...(authenticated === undefined ? {} : { authenticated }) };
  exchange.send(200, { ok: true, userCtx: { name, roles }, info });
}

async function login(exchange: Exchange, authenticator: Authenticator): Promise<void> {
  const { name, password } = readCredentials(await exchange.readBody(), exchange.header('content-type') ?? '');
  if (!(await authenticator.login(name, password))) {
    exchange.extraHeaders = { ...exchange.extraHeaders, 'Set-Cookie': authenticator.cookie(undefined) };
    throw unauthorized('Name or password is incorrect.');
  }
  exchange.send(200, { ok: true, name, roles: ['_admin'] }, { 'Set-Cookie': authenticator.cookie(name) });
}

function readCredentials(body: Buffer, type: string): { name: string; password: string } {
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(body.toString('utf8'));
    return { name: form.get('name') ?? form.get('username') ?? '', password: form.get('password') ?? '' };
  }
  const value = parseJson(body, {});
  if (!isObject(value)) throw badRequest('Request body must be a JSON object');
  const name = value['name'] ?? value['username'];
  const { password } = value;
  if (typeof name !== 'string' || typeof password !== 'string') throw badRequest('request body must contain a username and a password');
  return { name, password };
}
