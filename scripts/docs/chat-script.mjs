/**
 * The script of the page /chat: apps/neuron/src/chat/page-script.ts and the SDK's channels in one piece. It is kept in the repository, since a neuron also runs from its
 * sources, where nothing bundles. As a program it writes it anew; with `--check` it fails where that would change it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { root } from '../setup/root.mjs';

const FILE = 'apps/neuron/src/chat/chat-script.ts';

function chatScript() {
  const { outputFiles } = buildSync({
    entryPoints: [join(root, 'apps/neuron/src/chat/page-script.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    minify: true,
    charset: 'ascii',
    legalComments: 'none',
    conditions: ['@xir/source'],
    logLevel: 'error',
  });
  const text = outputFiles[0].text.trim();
  if (text.includes('</script')) throw new Error('The script of the chat page would end early: it holds the end of a script element.');
  return `/** The script of the chat page. Generated from page-script.ts; \`npm run generate\` writes it anew. */\nexport const CHAT_SCRIPT = ${JSON.stringify(text)};\n`;
}

/** Writes the file. */
export function writeChatScript() {
  writeFileSync(join(root, FILE), chatScript());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--check')) writeChatScript();
  else if (readFileSync(join(root, FILE), 'utf8') !== chatScript()) {
    console.error(`${FILE} is not what its sources make. Run: npm run generate`);
    process.exitCode = 1;
  }
}
