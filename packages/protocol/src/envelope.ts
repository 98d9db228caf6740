import type { ErrorString } from './error-strings.ts';

/** A successful v3 answer. */
export interface OkEnvelope<Value = unknown> {
  readonly v: Value;
  readonly s: 'ok';
}

/** A failed v3 answer. */
export interface ErrorEnvelope {
  readonly v: ErrorString;
  readonly s: 'error';
}

/** Any v3 answer. */
export type Envelope<Value = unknown> = OkEnvelope<Value> | ErrorEnvelope;

/** The text of a successful answer around a value that is JSON text already. */
export function okText(valueText: string): string {
  return '{"v":' + valueText + ',"s":"ok"}';
}

/** The text of a failed answer. */
export function errorText(error: ErrorString): string {
  return '{"v":"' + error + '","s":"error"}';
}

/**
 * Puts `_ver_` into the JSON text of an object, behind its own fields, so that it wins over a field of that name.
 * Text that is not an object is returned as it is: a scalar has no place for a version.
 *
 * @param valueText - JSON text without surrounding white space.
 * @param version - The version; must need no escaping, as the versions of KV4 do not.
 */
export function withVersionText(valueText: string, version: string): string {
  if (valueText.charCodeAt(0) !== 0x7b) return valueText;
  if (valueText.length === 2) return '{"_ver_":"' + version + '"}';
  return valueText.slice(0, -1) + ',"_ver_":"' + version + '"}';
}
