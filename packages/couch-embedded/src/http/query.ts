import { CouchRefusal, queryParseError } from '../couch-error.ts';
import { isObject } from '../document/document-edit.ts';
import { parseJson } from './exchange.ts';

/** Query parameters together with a body's members, which win, as views and feeds take them. */
export class Parameters {
  readonly #query: URLSearchParams;
  readonly #body: Record<string, unknown>;

  constructor(query: URLSearchParams, body: unknown) {
    this.#query = query;
    this.#body = isObject(body) ? body : {};
  }

  boolean(name: string): boolean {
    const value = this.#body[name] ?? this.#query.get(name) ?? undefined;
    if (value === undefined) return false;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw queryParseError(`Invalid boolean parameter: ${JSON.stringify(value)}`);
  }

  /** An integer from 0. */
  count(name: string): number | undefined {
    const value = this.#body[name] ?? this.#query.get(name) ?? undefined;
    if (value === undefined) return undefined;
    const number = typeof value === 'number' ? value : typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(number)) throw queryParseError(`Invalid value for integer: ${JSON.stringify(value)}`);
    if (number < 0) throw queryParseError(`Invalid value for positive integer: ${JSON.stringify(value)}`);
    return number;
  }

  /** A parameter that holds JSON; the first of several names that is there. */
  json(...names: readonly string[]): { value: unknown } | undefined {
    for (const name of names) {
      if (this.#body[name] !== undefined) return { value: this.#body[name] };
      const text = this.#query.get(name);
      if (text !== null) return { value: parseJson(Buffer.from(text)) };
    }
    return undefined;
  }
}

/** Members of a body that must be a list. */
export function requireList(body: Record<string, unknown>, member: string): unknown[] {
  const value = body[member];
  if (value === undefined) throw new CouchRefusal(400, 'bad_request', `POST body must include \`${member}\` parameter.`);
  if (!Array.isArray(value)) throw new CouchRefusal(400, 'bad_request', `\`${member}\` parameter must be an array.`);
  return value;
}
