import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../setup/lock.mjs';

let directory;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xir-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('lets one in after the other', async () => {
  const file = join(directory, 'lock');
  const order = [];
  let leave;
  const first = withLock(file, () => new Promise((resolve) => {
    leave = () => resolve(order.push('first ends'));
  }));
  const second = withLock(file, async () => order.push('second'), () => leave());
  await Promise.all([first, second]);
  expect(order).toEqual(['first ends', 'second']);
  expect(existsSync(file)).toBe(false);
});

it('takes no notice of an owner who is gone, and lets go after a failure', async () => {
  const file = join(directory, 'lock');
  writeFileSync(file, '2147483646');
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});
