import type { JsonObject, JsonValue } from '@xir/kv4-core';

/** An account as it is stored. Secret and password are hashes, never readable through the API. */
export interface AccountRecord {
  readonly username: string;
  readonly email: string;
  readonly secret: string;
  readonly password: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly company: string;
  readonly customer_id: string | null;
  readonly plan: string;
  readonly term: string;
  readonly active: boolean;
  /** Unix seconds. */
  readonly created: number;
  /** Milliseconds since 1970 UTC: history before it belongs to an earlier account of the same name. */
  readonly created_ms: number;
}

const PUBLIC_ACCOUNT_FIELDS = ['username', 'email', 'first_name', 'last_name', 'company', 'created', 'active'] as const;
const DETAILED_ACCOUNT_FIELDS = [...PUBLIC_ACCOUNT_FIELDS, 'customer_id', 'plan', 'term'] as const;
const PUBLIC_ADMINISTRATOR_FIELDS = ['email', 'first_name', 'last_name', 'role', 'created'] as const;

/** The fields of an account that reading it shows. */
export function publicAccount(value: JsonValue): JsonObject {
  return pick(value, PUBLIC_ACCOUNT_FIELDS);
}

/** The fields of an account that changing it shows: everything but secret and password. */
export function detailedAccount(value: JsonValue): JsonObject {
  return pick(value, DETAILED_ACCOUNT_FIELDS);
}

/** The fields of an administrator that reading it shows. */
export function publicAdministrator(value: JsonValue): JsonObject {
  return pick(value, PUBLIC_ADMINISTRATOR_FIELDS);
}

/** A field of a stored value, whatever the value is. */
export function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function pick(value: JsonValue, names: readonly string[]): JsonObject {
  const picked: JsonObject = {};
  for (const name of names) {
    const field = fieldOf(value, name);
    if (field !== undefined) picked[name] = field;
  }
  return picked;
}
