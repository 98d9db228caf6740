import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** All files below `directory`, sorted, by their path with `/` from there; none when there is no such directory. */
export function filesBelow(directory) {
  let entries;
  try {
    entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join('/'))
    .sort();
}

/**
 * A hash over the names and contents of files.
 *
 * @param {string} directory
 * @param {readonly string[]} paths relative to `directory`
 * @param {readonly string[]} [extra] further strings that count
 */
export function fingerprint(directory, paths, extra = []) {
  const hash = createHash('sha256');
  for (const text of extra) hash.update(`${text}\0`);
  for (const path of paths) {
    hash.update(`${path}\0`);
    hash.update(readFileSync(join(directory, path)));
    hash.update('\0');
  }
  return hash.digest('hex');
}
