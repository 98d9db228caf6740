import { describeError, type Invocation } from '@xir/rest';

import type { LegacyFields } from './legacy-fields.ts';
import type { LegacyCall, LegacyRoute } from './legacy-routes.ts';

/** What an answer says: a status that stands for that of HTTP, data, or an error. */
export interface LegacyAnswer {
  readonly status: number;
  readonly data: unknown;
  readonly error: string | null;
}

/** Asks the v3 API in the same process; resolves to the JSON text of `v`. */
export type Invoke = (invocation: Invocation) => Promise<string>;

/** The application and room that every domain has. */
const DEFAULT_NAME = 'default';
const LEVELS = ['domain', 'application', 'room'] as const;

type Level = (typeof LEVELS)[number];

const MISSING: Readonly<Record<Level, string>> = { domain: 'no_domain', application: 'no_application', room: 'no_room' };
const EXISTS: Readonly<Record<Level, string>> = { domain: 'domain_exists', application: 'application_exists', room: 'room_exists' };
const MALFORMED: Readonly<Record<Level, string>> = { domain: 'bad_domain_format', application: 'bad_app_format', room: 'bad_room_format' };

/** A failure in the words of V2. */
class LegacyError extends Error {
  readonly status: number;

  constructor(status: number, error: string) {
    super(error);
    this.status = status;
  }
}

/** Who asks, and how v3 is asked for it. */
interface Asking {
  readonly ask: (method: Invocation['method'], url: string) => Promise<unknown>;
  readonly fields: LegacyFields;
}

/** Answers a call of the V2 API: domains, applications and rooms are namespaces within one another. Rejects with what nobody planned for. */
export async function answerLegacy({ route, act }: LegacyCall, fields: LegacyFields, { invoke, remoteAddress }: { readonly invoke: Invoke; readonly remoteAddress: string }): Promise<LegacyAnswer> {
  const authorization = `Basic ${Buffer.from(`${fields.ident}:${fields.secret}`).toString('base64')}`;
  const ask: Asking['ask'] = async (method, url) => JSON.parse(await invoke({ method, url, authorization, remoteAddress })) as unknown;
  try {
    return { status: 200, data: await answerOf(route, act, { ask, fields }), error: null };
  } catch (error) {
    if (error instanceof LegacyError) return { status: error.status, data: null, error: error.message };
    const { status, errorString, unexpected } = describeError(error);
    if (unexpected) throw error;
    return { status, data: null, error: errorString };
  }
}

async function answerOf(route: LegacyRoute, act: LegacyCall['act'], asking: Asking): Promise<unknown> {
  const { ask, fields } = asking;
  switch (route) {
    case 'token':
      return { token: await token(asking) };
    case 'list':
      return { value: await ask('GET', '/_host?type=signal') };
    case 'ice':
      return ask('PUT', `/_turn${fields.username === undefined ? '' : `?k=${encodeURIComponent(fields.username)}`}`);
    default:
      return act === 'read' ? names(route, asking) : act === 'add' ? add(route, asking) : remove(route, asking);
  }
}

async function token({ ask, fields }: Asking): Promise<unknown> {
  const path = [required(fields, 'domain'), fields.application ?? DEFAULT_NAME, fields.room ?? DEFAULT_NAME];
  await requireLevels({ ask, fields }, path);
  const query = new URLSearchParams({ ...(fields.username === undefined ? {} : { k: fields.username }), ...(fields.timeout === undefined ? {} : { expire: fields.timeout }) });
  return ask('PUT', `/_token${urlOf(path)}?${query.toString()}`);
}

/** The names beneath what the level belongs to. */
async function names(level: Level, asking: Asking): Promise<unknown> {
  const above = LEVELS.slice(0, LEVELS.indexOf(level)).map((name) => required(asking.fields, name));
  await requireLevels(asking, above);
  return namesBeneath(asking, above);
}

async function add(level: Level, asking: Asking): Promise<null> {
  const path = LEVELS.slice(0, LEVELS.indexOf(level) + 1).map((name) => required(asking.fields, name));
  await requireLevels(asking, path.slice(0, -1));
  try {
    await asking.ask('PUT', `/_ns${urlOf(path)}`);
  } catch (error) {
    const { errorString } = describeError(error);
    if (errorString === 'path_exists') throw new LegacyError(409, EXISTS[level]);
    if (errorString === 'bad_segment') throw new LegacyError(400, MALFORMED[level]);
    throw error;
  }
  return null;
}

async function remove(level: Level, asking: Asking): Promise<null> {
  const path = LEVELS.slice(0, LEVELS.indexOf(level) + 1).map((name) => required(asking.fields, name));
  await requireLevels(asking, path);
  await asking.ask('DELETE', `/_ns${urlOf(path)}`);
  return null;
}

/** Throws the error of the first level that is not there. `default` is there wherever its domain is, and made when it is first asked for. */
async function requireLevels(asking: Asking, path: readonly string[]): Promise<void> {
  for (const [index, name] of path.entries()) {
    const level = LEVELS[index] ?? 'room';
    const above = path.slice(0, index);
    if ((await namesBeneath(asking, above)).includes(name)) continue;
    if (name !== DEFAULT_NAME || level === 'domain') throw new LegacyError(404, MISSING[level]);
    await asking.ask('PUT', `/_ns${urlOf([...above, name])}`).catch((error: unknown) => {
      // Somebody else was faster.
      if (describeError(error).errorString !== 'path_exists') throw error;
    });
  }
}

async function namesBeneath({ ask }: Asking, path: readonly string[]): Promise<readonly string[]> {
  return (await ask('GET', `/_ns${urlOf(path)}?depth=1`)) as readonly string[];
}

function required(fields: LegacyFields, level: Level): string {
  const name = fields[level];
  if (name === undefined) throw new LegacyError(404, MISSING[level]);
  return name;
}

function urlOf(path: readonly string[]): string {
  return path.map((segment) => `/${encodeURIComponent(segment)}`).join('');
}
