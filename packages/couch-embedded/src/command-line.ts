import { parseArgs } from 'node:util';
import { EmbeddedError } from './errors.ts';
import { DEFAULT_HOST, startEmbeddedCouch } from './server.ts';

/** Where the command listens unless told otherwise. */
export const DEFAULT_COMMAND_PORT = 5985;

const HELP = `Usage: xir-couch-embedded --directory <path> [options]

Serves the CouchDB protocol from files in a directory.

  --directory <path>  where the files are; created if absent
  --host <address>    address to listen on (default ${DEFAULT_HOST}); others than loopback need an admin
  --port <number>     TCP port, 0 for any free one (default ${DEFAULT_COMMAND_PORT})
  --help              this text

Environment:
  XIR_COUCH_EMBEDDED_ADMIN  <name>:<password>, the password plain or hashed (-pbkdf2:sha256-…); without it, everybody
                            who can connect is an admin

Prints one line of JSON, {"ready":true,"url":…,"pid":…}, and runs until SIGTERM or SIGINT.`;

/** The command `xir-couch-embedded`; resolves when the server runs. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { directory: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  if (values.directory === undefined) throw new EmbeddedError('EMBEDDED_BAD_OPTION', '--directory is needed; see --help');
  const server = await startEmbeddedCouch({
    directory: values.directory,
    host: values.host ?? DEFAULT_HOST,
    port: readPort(values.port),
    admins: readAdmin(process.env['XIR_COUCH_EMBEDDED_ADMIN']),
  });
  console.log(JSON.stringify({ ready: true, url: server.url, pid: process.pid }));
  const stop = () => {
    server.close().catch((error: unknown) => {
      console.error('xir-couch-embedded: closing failed:', error);
      process.exitCode = 1;
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_COMMAND_PORT;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new EmbeddedError('EMBEDDED_BAD_OPTION', `--port must be a number from 0 to 65535, not ${text}`);
  return port;
}

function readAdmin(text: string | undefined): Record<string, string> {
  if (text === undefined || text === '') return {};
  const colon = text.indexOf(':');
  if (colon < 1) throw new EmbeddedError('EMBEDDED_BAD_OPTION', 'XIR_COUCH_EMBEDDED_ADMIN must be <name>:<password>');
  return { [text.slice(0, colon)]: text.slice(colon + 1) };
}
