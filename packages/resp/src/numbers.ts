import { RespError } from './errors.ts';

const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;
const LARGEST = 9_223_372_036_854_775_807n;
const SMALLEST = -9_223_372_036_854_775_808n;
const SAFE = /^(?:0|-?[1-9]\d{0,14})$/;

/** A whole number of 64 bits, as Redis reads it: no sign but `-`, no leading zeros, no space; `undefined`: none. */
export function parseInteger(text: string): number | bigint | undefined {
  if (SAFE.test(text)) return Number(text);
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text);
  return value > LARGEST || value < SMALLEST ? undefined : value;
}

/** A whole number that is safe in arithmetic. Throws `RESP_NOT_A_NUMBER`. */
export function wholeNumber(text: string | undefined): number {
  const value = text === undefined ? undefined : parseInteger(text);
  if (typeof value !== 'number') throw notAnInteger();
  return value;
}

/** The sum of two numbers of 64 bits; `undefined`: it has more. */
export function addIntegers(left: number | bigint, right: number | bigint): number | bigint | undefined {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  const sum = BigInt(left) + BigInt(right);
  return sum > LARGEST || sum < SMALLEST ? undefined : sum;
}

/** In Redis' words. */
export function notAnInteger(): RespError {
  return new RespError('RESP_NOT_A_NUMBER', 'value is not an integer or out of range');
}

/** In Redis' words. */
export function syntaxError(): RespError {
  return new RespError('RESP_BAD_ARGUMENT', 'syntax error');
}
