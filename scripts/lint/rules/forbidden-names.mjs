export const name = 'forbidden-names';

const vague = /^(?:utils?|helpers?|common|misc|shared|lib)$/;

/** A file or folder is named after its job. `*.shared.ts` at the root holds tool configuration and is fine. */
export function check(repository) {
  return repository.files
    .filter((path) => /\.(?:ts|mts|mjs|js)$/.test(path))
    .flatMap((file) => {
      const parts = file.split('/');
      const last = parts.pop();
      const found = [...parts, last.split('.')[0]].find((part) => vague.test(part));
      return found === undefined ? [] : [{ file, message: `"${found}" says nothing; name it after what it does` }];
    });
}
