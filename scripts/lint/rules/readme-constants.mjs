import { matchesOf } from '../source-text.mjs';

export const name = 'readme-constants';

/** Every `DEFAULT_…`, `MAX_…` or `MIN_…` constant a package's README or SPEC names is exported by a package. */
export function check(repository) {
  const exported = new Set();
  for (const file of repository.sources) for (const [, constant] of repository.read(file).matchAll(/\bexport\s+const\s+([A-Z][A-Z0-9_]+)\b/g)) exported.add(constant);
  return repository.markdown
    .filter((file) => repository.packages.some((entry) => file.startsWith(`${entry.directory}/`)))
    .flatMap((file) =>
      matchesOf(repository.read(file), /`((?:DEFAULT|MAX|MIN)_[A-Z0-9_]+)`/g)
        .filter(({ match }) => !exported.has(match[1]))
        .map(({ match, line }) => ({ file, line, message: `names ${match[1]}, which no source exports` })),
    );
}
