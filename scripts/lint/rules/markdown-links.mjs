import { posix } from 'node:path';
import { lineAt } from '../source-text.mjs';

export const name = 'markdown-links';

/** Relative links and mentioned paths lead somewhere, down to the heading. Addresses on the web are not called. */
export function check(repository) {
  return repository.markdown.flatMap((file) => {
    const text = withoutBlocks(repository.read(file));
    const problems = [];
    for (const match of text.matchAll(/\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) {
      const message = judgeLink(repository, file, match[1]);
      if (message !== undefined) problems.push({ file, line: lineAt(text, match.index), message });
    }
    for (const match of text.matchAll(/`((?:\.ci|api|apps|docs|packages|scripts|tools)\/[\w./-]*\w\/?)`/g)) {
      if (!exists(repository, match[1])) problems.push({ file, line: lineAt(text, match.index), message: `mentions ${match[1]}, which does not exist` });
    }
    return problems;
  });
}

function judgeLink(repository, file, target) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path, heading] = target.split('#');
  const resolved = path === '' ? file : posix.normalize(posix.join(posix.dirname(file), decodeURIComponent(path)));
  if (!exists(repository, resolved)) return `links to ${target}, which does not exist`;
  if (heading !== undefined && resolved.endsWith('.md') && !headings(repository.read(resolved)).has(heading)) return `links to ${target}, but there is no such heading`;
  return undefined;
}

function exists(repository, path) {
  const wanted = path.replace(/\/$/, '');
  return repository.has(wanted) || repository.files.some((known) => known.startsWith(`${wanted}/`)) || /(?:^|\/)(?:dist|node_modules)(?:\/|$)/.test(wanted);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function headings(markdown) {
  const found = new Map();
  const anchors = new Set();
  for (const [, title] of withoutBlocks(markdown).matchAll(/^#{1,6}\s+(.+?)\s*$/gm)) {
    const plain = title.replace(/`|\*\*|\*/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const seen = found.get(anchor) ?? 0;
    found.set(anchor, seen + 1);
    anchors.add(seen === 0 ? anchor : `${anchor}-${seen}`);
  }
  return anchors;
}

/** Fenced blocks blanked out, lines kept. */
function withoutBlocks(markdown) {
  return markdown.replace(/^( {0,3})(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm, (block) => block.replace(/[^\n]/g, ' '));
}
