import { ROLES } from '../lint/layers.mjs';

/** The file with the table, and the marks around it. */
export const PACKAGE_TABLE_FILE = 'README.md';
export const TABLE_START = '<!-- packages:start -->';
const TABLE_END = '<!-- packages:end -->';

/** The packages by role, one line each, from their own descriptions. */
export function packageTable(repository) {
  const byName = new Map(repository.packages.map((entry) => [entry.name, entry]));
  const rows = ROLES.flatMap(({ role, packages }) =>
    packages.filter((name) => byName.has(name)).map((name, index) => {
      const { directory, manifest } = byName.get(name);
      return `| ${index === 0 ? `**${role}**` : ''} | [\`${name}\`](${directory}/README.md) | ${manifest.description} |`;
    }),
  );
  return ['| | package | what it is |', '|---|---|---|', ...rows].join('\n');
}

/** A text with the table between its marks renewed; unchanged when it has no marks. */
export function withPackageTable(markdown, table) {
  const [start, end] = [markdown.indexOf(TABLE_START), markdown.indexOf(TABLE_END)];
  if (start === -1 || end === -1) return markdown;
  return `${markdown.slice(0, start + TABLE_START.length)}\n${table}\n${markdown.slice(end)}`;
}
