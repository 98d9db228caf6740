import { checkValue, type JsonObject, type JsonValue } from '@xir/kv4-core';

/** Fields laid over an object; anything else replaces what was there. */
export function mergeTexts(current: string, laidOver: string): string {
  const below = JSON.parse(current) as JsonValue;
  const above = JSON.parse(laidOver) as JsonValue;
  return isObject(below) && isObject(above) ? checkValue({ ...below, ...above }) : laidOver;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
