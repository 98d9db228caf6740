import { parseBody, parseQuery, type BodyObject } from '@xir/protocol';

/** What a request to the V2 API says, wherever it says it: in a form or JSON body, also of a GET or DELETE, or in the query; the body counts first. */
export interface LegacyFields {
  readonly ident: string;
  readonly secret: string;
  readonly domain: string | undefined;
  readonly application: string | undefined;
  readonly room: string | undefined;
  readonly username: string | undefined;
  /** Seconds. */
  readonly timeout: string | undefined;
}

/** Reads the fields of a request. `undefined`: the body cannot be read. */
export function readFields(queryText: string, bodyText: string, contentType: string | undefined): LegacyFields | undefined {
  const result = parseBody(bodyText, contentType);
  if (!result.ok) return undefined;
  const query = parseQuery(queryText);
  const field = (name: string) => textOf(result.body, name) ?? (query.get(name) === '' ? undefined : query.get(name));
  return { ident: field('ident') ?? '', secret: field('secret') ?? '', domain: field('domain'), application: field('application'), room: field('room'), username: field('username'), timeout: field('timeout') };
}

function textOf(body: BodyObject, name: string): string | undefined {
  const value = body[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
