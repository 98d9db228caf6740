import { isVersion, recordFromValue, versionTimeMs, type JsonValue, type KeyAddress, type Kv4Record, type Kv4Version, type PathAddress, type SecondaryKeys } from '@xir/kv4-core';

import { SdkError } from './errors.ts';

/** The fields of an answer. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads an answer that is an object. Throws `SDK_BAD_RESPONSE`. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : fail('is not an object');
}

/** A record; what its address lacks is what was asked for. Throws `SDK_BAD_RESPONSE`. */
export function recordOf(value: unknown, asked: PathAddress & { readonly key?: string }): Kv4Record {
  const fields = fieldsOf(value);
  const { author, secondary, expiresAtMs, revision } = fields;
  return recordFromValue(placed(fields, asked), fields['value'] as JsonValue, {
    version: versionOf(fields),
    author: typeof author === 'string' ? author : fail('names no author'),
    secondary: typeof secondary === 'object' && secondary !== null ? (secondary as SecondaryKeys) : {},
    expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : undefined,
    revision: typeof revision === 'string' ? revision : undefined,
  });
}

/** A version that was. Throws `SDK_BAD_RESPONSE`. */
export function pastVersionOf(value: unknown, asked: PathAddress & { readonly key?: string }): Kv4Version {
  const fields = fieldsOf(value);
  const version = versionOf(fields);
  const deleted = fields['deleted'] === true;
  return { address: placed(fields, asked), version, timeMs: versionTimeMs(version), author: String(fields['author']), deleted, value: deleted ? null : (fields['value'] as JsonValue) };
}

/** The address that an answer names, completed by what was asked for. Throws `SDK_BAD_RESPONSE`. */
export function placed({ path, key }: Fields, asked: PathAddress & { readonly key?: string }): KeyAddress {
  const { bucket, layer } = asked;
  const foundKey = typeof key === 'string' ? key : (asked.key ?? fail('names no key'));
  return { bucket, layer, path: typeof path === 'string' ? path : asked.path, key: foundKey };
}

function versionOf({ version }: Fields): string {
  return isVersion(version) ? version : fail('holds no version');
}

function fail(what: string): never {
  throw new SdkError('SDK_BAD_RESPONSE', `an answer of the neuron ${what}`);
}
