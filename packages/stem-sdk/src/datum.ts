import { isVersion, recordFromValue, versionTimeMs, type JsonObject, type JsonValue, type KeyAddress, type Kv4Record, type Kv4Version } from '@xir/kv4-core';
import { SdkError } from './errors.ts';

/** The field by which the REST API puts a version into an object; never part of a value. */
export const VERSION_FIELD = '_ver_';

function fail(what: string): never {
  throw new SdkError('SDK_BAD_RESPONSE', `a record of the neuron ${what}`);
}

/** Reads one `as=datum` record of the REST API. Throws `SDK_BAD_RESPONSE`. */
export function readRecord(datum: unknown): Kv4Record {
  const fields = requireFields(datum);
  const { m, x, _rev } = fields;
  return recordFromValue(addressOf(fields), valueOf(fields['v']), {
    version: versionOf(fields),
    author: textOf(fields, 'a'),
    secondary: isObject(m) ? secondaryOf(m) : {},
    expiresAtMs: typeof x === 'number' ? x : undefined,
    revision: typeof _rev === 'string' && _rev !== '' ? _rev : undefined,
  });
}

/** Reads one `as=datum` version of a series or of a past listing. Throws `SDK_BAD_RESPONSE`. */
export function readVersion(datum: unknown): Kv4Version {
  const fields = requireFields(datum);
  const version = versionOf(fields);
  const deleted = fields['gone'] === true;
  return {
    address: addressOf(fields),
    version,
    timeMs: versionTimeMs(version),
    author: textOf(fields, 'a'),
    deleted,
    value: deleted ? null : valueOf(fields['v']),
  };
}

/** A value as it was written: the version that the API puts into objects taken out. */
function valueOf(value: unknown): JsonValue {
  if (value === undefined) return fail('holds no value');
  // What JSON.parse has made is a JSON value.
  if (!isObject(value) || !Object.hasOwn(value, VERSION_FIELD)) return value as JsonValue;
  const { [VERSION_FIELD]: _version, ...rest } = value;
  return rest as JsonObject;
}

function addressOf(fields: Readonly<Record<string, unknown>>): KeyAddress {
  return { bucket: textOf(fields, 'w'), layer: textOf(fields, 'l'), path: textOf(fields, 'p'), key: textOf(fields, 'k') };
}

function versionOf(fields: Readonly<Record<string, unknown>>): string {
  return readVersionText(fields['_id']);
}

/** A version. Throws `SDK_BAD_RESPONSE`. */
export function readVersionText(version: unknown): string {
  return isVersion(version) ? version : fail('holds no version');
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : fail(`lacks ${name}`);
}

function secondaryOf(fields: Readonly<Record<string, unknown>>): { k2?: string; k3?: string; k4?: string } {
  const names = ['k2', 'k3', 'k4'] as const;
  return Object.fromEntries(names.map((name) => [name, fields[name]]).filter(([, value]) => typeof value === 'string'));
}

function requireFields(datum: unknown): Readonly<Record<string, unknown>> {
  return isObject(datum) ? datum : fail('is not an object');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The address of a deletion event. Throws `SDK_BAD_RESPONSE`. */
export function readDeletedAddress(datum: unknown): KeyAddress {
  return addressOf(requireFields(datum));
}
