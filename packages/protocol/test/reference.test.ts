import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { ERROR_STRING_LIST, ERROR_STRINGS } from '../src/index.ts';

const REFERENCE = fileURLToPath(new URL('../../../docs/api.md', import.meta.url));
const SECTION = /(<!-- errors:begin -->\n)[^]*?(<!-- errors:end -->)/;

const rows = ERROR_STRING_LIST.map((name) => {
  const { status, origin, meaning } = ERROR_STRINGS[name];
  return `| \`${name}\`${origin === 'xir' ? ' +' : ''} | ${status} | ${meaning} |\n`;
}).join('');
const table = `| string | status with \`Prefer: status=http\` | meaning |\n|---|---|---|\n${rows}`;

describe("the API's reference", () => {
  it('lists every error string with its status and meaning (XIR_UPDATE_DOCS=1 writes the list)', () => {
    const text = readFileSync(REFERENCE, 'utf8');
    const expected = text.replace(SECTION, `$1${table.replaceAll('$', '$$$$')}$2`);
    if (process.env['XIR_UPDATE_DOCS'] === '1') writeFileSync(REFERENCE, expected);
    else expect(text).toBe(expected);
    expect(text).toMatch(SECTION);
  });
});
