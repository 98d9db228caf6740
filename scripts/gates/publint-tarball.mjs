/** `node publint-tarball.mjs <package directory> <tarball>`: publint's strict rules on what a tarball holds. */
import { readFileSync } from 'node:fs';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const [pkgDir, tarball] = process.argv.slice(2);
const bytes = readFileSync(tarball);
const { messages, pkg } = await publint({
  pkgDir,
  strict: true,
  pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
});
for (const message of messages) console.log(`${message.type}: ${formatMessage(message, pkg, { color: false })}`);
process.exitCode = messages.length > 0 ? 1 : 0;
