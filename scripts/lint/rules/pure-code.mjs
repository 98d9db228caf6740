import { PURE } from '../layers.mjs';
import { codeOnly, importsOf, matchesOf } from '../source-text.mjs';

export const name = 'pure-code';

const impure = /\b(?:Date\.now|performance\.now|performance\.timeOrigin|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|process\.\w+|fetch\s*\(|crypto\.\w+|new\s+WebSocket)|\bnew\s+Date\(\s*\)|\bDate\(\s*\)/g;

/** Pure packages and state machines decide from what they are given: no clock, timers, randomness, sockets or `node:` modules. */
export function check(repository) {
  const pureDirectories = repository.packages.filter((entry) => PURE.includes(entry.name)).map((entry) => `${entry.directory}/src/`);
  const files = repository.sources.filter((file) => pureDirectories.some((directory) => file.startsWith(directory)) || file.endsWith('-machine.ts'));
  return files.flatMap((file) => {
    const text = repository.read(file);
    const modules = importsOf(text).filter(({ specifier }) => specifier.startsWith('node:') || specifier === 'undici');
    return [
      ...modules.map(({ specifier, line }) => ({ file, line, message: `pure code imports ${specifier}; hand in what it gives` })),
      ...matchesOf(codeOnly(text), impure).map(({ match, line }) => ({ file, line, message: `pure code uses ${match[0].trim()}; hand in time and chance as arguments` })),
    ];
  });
}
