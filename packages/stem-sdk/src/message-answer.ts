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
  const { author, secondary, expiresAtMs, revision, value: content = fail('holds no value') } = fields;
  return recordFromValue(placed(fields, asked), content as JsonValue, {
    version: versionOf(fields),
    author: typeof author === 'string' ? author : fail('names no author'),
    secondary: secondaryOf(secondary),
    expiresAtMs: typeof expiresAtMs === 'number' ? expiresAtMs : undefined,
    revision: typeof revision === 'string' ? revision : undefined,
  });
}

/** A version that was. Throws `SDK_BAD_RESPONSE`. */
export function pastVersionOf(value: unknown, asked: PathAddress & { readonly key?: string }): Kv4Version {
  const fields = fieldsOf(value);
  const version = versionOf(fields);
  const deleted = fields['deleted'] === true;
  const { author, value: content = fail('holds no value') } = fields;
  return {
    address: placed(fields, asked),
    version,
    timeMs: versionTimeMs(version),
    author: typeof author === 'string' ? author : fail('names no author'),
    deleted,
    value: deleted ? null : (content as JsonValue),
  };
}

/** The address that an answer names, completed by what was asked for. Throws `SDK_BAD_RESPONSE`. */
export function placed({ path, key }: Fields, asked: PathAddress & { readonly key?: string }): KeyAddress {
  const { bucket, layer } = asked;
  const foundKey = typeof key === 'string' ? key : (asked.key ?? fail('names no key'));
  return { bucket, layer, path: typeof path === 'string' ? path : asked.path, key: foundKey };
}

/** The version that an answer names. Throws `SDK_BAD_RESPONSE`. */
export function versionOf({ version }: Fields): string {
  return isVersion(version) ? version : fail('holds no version');
}

function secondaryOf(secondary: unknown): SecondaryKeys {
  if (typeof secondary !== 'object' || secondary === null) return {};
  return Object.fromEntries(Object.entries(secondary).filter(([name, value]) => /^k[234]$/.test(name) && typeof value === 'string'));
}

/** What `null` says is not there, else what is read of it. */
export function presentOf<Item>(result: unknown, read: () => Item): Item | undefined {
  return result === null ? undefined : read();
}

/** An answer that is a list. Throws `SDK_BAD_RESPONSE`. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : fail('is no list');
}

/** An item that is a text. Throws `SDK_BAD_RESPONSE`. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : fail('holds something else than texts');
}

/** The count that an answer names. Throws `SDK_BAD_RESPONSE`. */
export function countOf(value: unknown): number {
  const { count } = fieldsOf(value);
  return Number.isSafeInteger(count) && Number(count) >= 0 ? Number(count) : fail('holds no count');
}

function fail(what: string): never {
  throw new SdkError('SDK_BAD_RESPONSE', `an answer of the neuron ${what}`);
}
