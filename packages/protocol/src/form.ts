import { decodeComponent } from './query.ts';

/** Most fields that are read from a form body. */
export const MAX_FORM_FIELDS = 1024;
/** Deepest nesting of a form field's name: `v[a][b][c]` has three levels below `v`. */
export const MAX_FORM_DEPTH = 8;

/** A form's fields as nested objects of strings. */
export interface FormObject {
  [name: string]: string | FormObject;
}

/**
 * Reads `application/x-www-form-urlencoded` with the bracket nesting that browser libraries send: `k=a&v[u]=0` is
 * `{ k: 'a', v: { u: '0' } }`. Values are strings; `a[]` counts up from `0`.
 *
 * @returns `undefined` for a form past the limits, with clashing names, or with names that would reach a prototype.
 */
export function parseForm(text: string): FormObject | undefined {
  const root: FormObject = {};
  const fields = text.split('&');
  if (fields.length > MAX_FORM_FIELDS) return undefined;
  for (const field of fields) {
    if (field === '') continue;
    const equals = field.indexOf('=');
    const name = decodeComponent(equals < 0 ? field : field.slice(0, equals));
    const value = equals < 0 ? '' : decodeComponent(field.slice(equals + 1));
    if (!assign(root, splitName(name), value)) return undefined;
  }
  return root;
}

function splitName(name: string): string[] {
  const bracket = name.indexOf('[');
  if (bracket <= 0 || !name.endsWith(']')) return [name];
  return [name.slice(0, bracket), ...name.slice(bracket + 1, -1).split('][')];
}

function assign(root: FormObject, names: readonly string[], value: string): boolean {
  if (names.length > MAX_FORM_DEPTH + 1 || names.some((name) => name === '__proto__' || name === 'constructor' || name === 'prototype')) return false;
  let parent = root;
  for (const [level, given] of names.entries()) {
    const name = given === '' && level > 0 ? String(Object.keys(parent).length) : given;
    if (level === names.length - 1) {
      if (typeof parent[name] === 'object') return false;
      parent[name] = value;
    } else {
      const child = Object.hasOwn(parent, name) ? parent[name] : (parent[name] = {});
      if (typeof child !== 'object') return false;
      parent = child;
    }
  }
  return true;
}
