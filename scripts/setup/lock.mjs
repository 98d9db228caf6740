import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 250;

/**
 * Runs something while no other process does, so that two `npm start` on a fresh clone do not install over one another. The lock is a file that
 * holds its owner's process id; one whose owner is gone counts for nothing.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} run
 * @param {() => void} [onWait] called once when somebody else holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, run, onWait = () => {}) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!take(file)) {
    if (!told) onWait();
    told = true;
    await pause(lookEveryMs);
  }
  try {
    return await run();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (isHeld(file)) return false;
  rmSync(file, { force: true });
  return false;
}

function isHeld(file) {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    // An empty file belongs to somebody who is just writing it.
    if (owner === 0) return true;
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
