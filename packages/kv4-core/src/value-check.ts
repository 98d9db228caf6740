import { Kv4Error } from './errors.ts';
import { exceedsUtf8Length } from './utf8-length.ts';
import { isWellFormed } from './well-formed.ts';

/** Default of {@link ValueLimits.maxValueBytes}: 1 MiB. */
export const DEFAULT_MAX_VALUE_BYTES = 1_048_576;
/** Deepest nesting of arrays and objects in a value. */
export const MAX_VALUE_DEPTH = 256;

/** Bounds of a value. */
export interface ValueLimits {
  /** Largest value, in bytes of its JSON text in UTF-8; default {@link DEFAULT_MAX_VALUE_BYTES}. */
  readonly maxValueBytes?: number;
}

/** What a walk through a value has met; every node and string unit takes at least a byte of JSON. */
interface Walk {
  bytesAtLeast: number;
  readonly maxBytes: number;
}

function refuse(reason: string): never {
  throw new Kv4Error('KV4_BAD_VALUE', reason);
}

function refuseSize(maxBytes: number): never {
  throw new Kv4Error('KV4_VALUE_TOO_LARGE', `the value takes more than ${maxBytes} bytes as JSON`);
}

/**
 * The JSON text of a value, after checking that JSON carries it without loss: null, booleans, finite numbers, well-formed strings, plain
 * objects and arrays, nested at most {@link MAX_VALUE_DEPTH} deep.
 *
 * Throws `KV4_BAD_VALUE` for anything else (`undefined`, also inside; functions, bigints, symbols, `NaN`, infinities, cycles, class instances
 * such as `Date`, lone surrogates) and `KV4_VALUE_TOO_LARGE` past {@link ValueLimits.maxValueBytes}.
 */
export function checkValue(value: unknown, limits: ValueLimits = {}): string {
  const maxBytes = limits.maxValueBytes ?? DEFAULT_MAX_VALUE_BYTES;
  walkValue(value, 0, { bytesAtLeast: 0, maxBytes });
  const text = JSON.stringify(value);
  if (exceedsUtf8Length(text, maxBytes)) refuseSize(maxBytes);
  return text;
}

/** Whether a parsed JSON value is one that {@link checkValue} lets pass, size aside. Never throws. */
export function isStorableValue(value: unknown): boolean {
  try {
    walkValue(value, 0, { bytesAtLeast: 0, maxBytes: Number.POSITIVE_INFINITY });
    return true;
  } catch {
    // The reason is of no use to those who only ask whether; a getter that throws is not storable either.
    return false;
  }
}

function walkValue(value: unknown, depth: number, walk: Walk): void {
  walk.bytesAtLeast += 1;
  if (walk.bytesAtLeast > walk.maxBytes) refuseSize(walk.maxBytes);
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      return walkText(value, walk);
    case 'number':
      return Number.isFinite(value) ? undefined : refuse('a number in a value must be finite');
    case 'object':
      return value === null ? undefined : walkContainer(value, depth + 1, walk);
    default:
      return refuse(`a value cannot hold ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`);
  }
}

function walkText(text: string, walk: Walk): void {
  walk.bytesAtLeast += text.length;
  if (!isWellFormed(text)) refuse('a string in a value holds a lone surrogate, which UTF-8 cannot carry');
}

function walkContainer(container: object, depth: number, walk: Walk): void {
  if (depth > MAX_VALUE_DEPTH) refuse(`a value may be nested ${MAX_VALUE_DEPTH} deep; this one is deeper, or contains itself`);
  if (Array.isArray(container)) {
    for (let index = 0; index < container.length; index += 1) walkValue(container[index], depth, walk);
    return;
  }
  if (!isPlainObject(container)) refuse('a value is made of plain objects and arrays; convert other objects first');
  for (const name of Object.keys(container)) {
    walkText(name, walk);
    walkValue((container as Record<string, unknown>)[name], depth, walk);
  }
}

/** Plain in any realm: without a prototype, or with one that has none itself. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
