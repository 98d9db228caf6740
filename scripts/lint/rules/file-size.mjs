export const name = 'file-size';

export const MAX_LINES = 500;
export const WARN_LINES = 300;

/** A file of code has one job, and so stays short. */
export function check(repository) {
  return repository.files
    .filter((path) => /\.(?:ts|mts|mjs|js)$/.test(path))
    .flatMap((file) => {
      const lines = repository.read(file).replace(/\n$/, '').split('\n').length;
      if (lines > MAX_LINES) return [{ file, message: `${lines} lines; the limit is ${MAX_LINES}: split it by job` }];
      if (lines > WARN_LINES) return [{ file, message: `${lines} lines; more than ${WARN_LINES} suggests a second job`, severity: 'warning' }];
      return [];
    });
}
