/** `node publint-tarball.mjs <tarball>`: publint's strict rules on what a tarball holds. */
import { readFileSync } from 'node:fs';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const bytes = readFileSync(process.argv[2]);
const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { messages, pkg } = await publint({ strict: true, pack: { tarball } });
for (const message of messages) console.log(`${message.type}: ${formatMessage(message, pkg, { color: false })}`);
process.exitCode = messages.length > 0 ? 1 : 0;
