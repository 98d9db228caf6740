import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * One TypeScript program over the entries of all packages, and over further texts as if they were files there.
 *
 * @param {import('./repository.mjs').Repository} repository
 * @param {ReadonlyMap<string, string>} [texts] by path relative to the top
 */
export function createProgram(repository, texts = new Map()) {
  const { top } = repository;
  const { options } = ts.parseJsonConfigFileContent(
    { extends: './tsconfig.base.json', compilerOptions: { noUnusedLocals: false, noUnusedParameters: false }, files: [] },
    ts.sys,
    top,
  );
  const overlay = new Map([...texts].map(([path, text]) => [join(top, path), text]));
  const host = ts.createCompilerHost(options, true);
  const base = { fileExists: host.fileExists, readFile: host.readFile };
  host.fileExists = (path) => overlay.has(path) || base.fileExists(path);
  host.readFile = (path) => overlay.get(path) ?? base.readFile(path);
  const entries = repository.packages.map((entry) => join(top, entry.directory, 'src', 'index.ts')).filter((path) => existsSync(path));
  return ts.createProgram({ rootNames: [...entries, ...overlay.keys()], options, host });
}
