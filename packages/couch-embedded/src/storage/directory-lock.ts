import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { EmbeddedError } from '../errors.ts';

/** One process per directory. */
export interface DirectoryLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** When the process started, in the kernel's clock ticks: tells a reused pid apart. Empty where unknown. */
  readonly started: string;
}

/**
 * Takes the file `lock` in `directory`, which it creates. A lock whose holder no longer lives is taken over. Throws
 * `EMBEDDED_LOCKED` naming the holder's pid.
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'lock');
  const mine = join(directory, `lock.${randomUUID()}`);
  const content = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Holder);
  writeDurably(mine, content);
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (tryLink(mine, path)) return { release: () => releaseIfHeld(path, content) };
      const held = readHolder(path);
      if (held !== undefined && isAlive(held.holder)) {
        throw new EmbeddedError('EMBEDDED_LOCKED', `${directory} is in use by process ${held.holder.pid}`);
      }
      if (held !== undefined) removeStale(path, held.text);
    }
    throw new EmbeddedError('EMBEDDED_LOCKED', `${directory} is being locked and unlocked by other processes`);
  } finally {
    rmSync(mine, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(path: string): { holder: Holder; text: string } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const parsed = JSON.parse(text) as Partial<Holder>;
    if (typeof parsed.pid === 'number') return { holder: { pid: parsed.pid, started: String(parsed.started ?? '') }, text };
  } catch {
    // Unreadable: written by nobody alive, since a lock appears with its whole content.
  }
  return { holder: { pid: 0, started: '' }, text };
}

/** Moves a dead holder's lock away; when another process was quicker and it is no longer that lock, puts it back. */
function removeStale(path: string, expected: string): void {
  const aside = `${path}.stale.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== expected) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function releaseIfHeld(path: string, content: string): void {
  if (readHolder(path)?.text === content) rmSync(path, { force: true });
}

function isAlive(holder: Holder): boolean {
  if (holder.pid <= 0) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return started === '' || holder.started === '' || started === holder.started;
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    // Not Linux: the pid alone must do.
    return '';
  }
}

function writeDurably(path: string, content: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
