import { matchesOf } from '../source-text.mjs';

export const name = 'private-traces';

const TRACES = [
  { pattern: /(?<![\w./-])\/(?:work|root|home\/(?!node\b|user\b|xir\b)\w+|Users\/\w+)\/[\w.-]+/g, says: 'a path of somebody\'s machine' },
  { pattern: /\bregistry\.(?!npmjs\.org\/?$)[\w-]+\.[\w.]+|\b(?:resolved|tarball):\s*https?:/g, says: 'a registry host; the one who installs chooses it' },
  { pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g, says: 'a private key' },
  { pattern: /\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|npm_[A-Za-z0-9]{36}|xox[baprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9]{32,})\b/g, says: 'what looks like a credential' },
  { pattern: /\b_authToken\s*=/g, says: 'a registry credential' },
  { pattern: /\bhttps?:\/\/[^\s/:@'"`$<]+:(?!password@|secret@)[^\s/@'"`$<{]+@(?!127\.0\.0\.1|localhost|\[::1\]|[\w.-]*\bexample\b|host\b|h\b|HOST\b)[\w.-]+/g, says: 'an address with a password in it', notIn: /\/test\// },
];

/** What is tracked can be published: no machine's paths, no registry hosts, no secrets. */
export function check(repository) {
  return repository.files
    .filter((path) => !/\.(?:png|jpg|ico|woff2?)$/.test(path) && path !== 'scripts/lint/rules/private-traces.mjs' && !path.startsWith('scripts/test/'))
    .flatMap((file) =>
      TRACES.filter(({ notIn }) => notIn === undefined || !notIn.test(file)).flatMap(({ pattern, says }) =>
        matchesOf(repository.read(file), pattern).map(({ match, line }) => ({ file, line, message: `holds ${says}: ${match[0].slice(0, 60)}` })),
      ),
    );
}
