import { matchesOf } from '../source-text.mjs';

export const name = 'unfinished-marks';

/** What is not done is an issue, not a remark in the source. */
export function check(repository) {
  const marks = new RegExp(`\\b(?:${['TO', 'FIX', 'XX', 'HA'].map((head, index) => head + ['DO', 'ME', 'X', 'CK'][index]).join('|')})\\b`, 'g');
  return repository.files
    .filter((path) => /\.(?:ts|mts|mjs|js|md|yml|yaml)$/.test(path))
    .flatMap((file) => matchesOf(repository.read(file), marks).map(({ match, line }) => ({ file, line, message: `"${match[0]}" in the tree; finish it or file an issue` })));
}
