import assert from 'node:assert/strict';
import type { Kv4Error, Kv4ErrorCode } from '@xir/kv4-core';

/** Rejects unless the promise rejects with a `Kv4Error` of the code; resolves to that error. */
export async function expectCode(promise: Promise<unknown>, code: Kv4ErrorCode): Promise<Kv4Error> {
  const error = await rejectionOf(promise);
  assert.ok(isKv4Error(error), `should be a Kv4Error of code ${code}, is: ${String(error)}`);
  assert.equal(error.code, code);
  return error;
}

/** What a promise rejects with; rejects itself when the promise does not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'should have been refused, but was done' });
}

/** By name, so that an error of another copy of the class counts too. */
function isKv4Error(error: unknown): error is Kv4Error {
  return error instanceof Error && error.name === 'Kv4Error' && 'code' in error;
}
