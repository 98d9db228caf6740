import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_FOLDERS } from '../setup/workspace.mjs';

/**
 * What the rules look at: the files git knows or would add, read when asked for. Rules see the repository only through this,
 * so their tests hand in a {@link repositoryOf} a few texts.
 *
 * @typedef {{ name: string, directory: string, manifest: Record<string, any> }} PackageEntry
 * @typedef {{ top: string | undefined, files: readonly string[], has: (path: string) => boolean, read: (path: string) => string, packages: readonly PackageEntry[], sources: readonly string[], tests: readonly string[], markdown: readonly string[] }} Repository
 * @typedef {{ file: string, line?: number, message: string, severity?: 'warning' }} Problem
 */

/** The repository in a directory, as git sees it. */
export function openRepository(top) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: top, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const texts = new Map();
  const readOnce = (path) => {
    if (!texts.has(path)) texts.set(path, readIfThere(join(top, path)));
    return texts.get(path);
  };
  const files = listed.split('\0').filter((path) => path !== '' && readOnce(path) !== undefined);
  return shape(top, [...new Set(files)], readOnce);
}

/** A repository of the given texts, for tests. */
export function repositoryOf(texts) {
  return shape(undefined, Object.keys(texts), (path) => texts[path]);
}

function shape(top, files, readOnce) {
  const known = new Set(files);
  const read = (path) => {
    if (!known.has(path)) throw new Error(`There is no ${path}.`);
    return readOnce(path);
  };
  const isManifest = new RegExp(`^(?:${PACKAGE_FOLDERS.join('|')})/[^/]+/package\\.json$`);
  const packages = files
    .filter((path) => isManifest.test(path))
    .map((path) => {
      const manifest = JSON.parse(read(path));
      return { name: manifest.name, directory: path.slice(0, -'/package.json'.length), manifest };
    });
  const inPackage = (folder) => files.filter((path) => new RegExp(`^(?:${PACKAGE_FOLDERS.join('|')})/[^/]+/${folder}/.*\\.ts$`).test(path));
  return {
    top,
    files,
    has: (path) => known.has(path),
    read,
    packages,
    sources: inPackage('src'),
    tests: inPackage('test'),
    markdown: files.filter((path) => path.endsWith('.md')),
  };
}

/** Nothing for a file git still lists but that was removed, and for a directory (a submodule). */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined;
    throw error;
  }
}
