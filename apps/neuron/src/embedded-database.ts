import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { inProcessTransport, type CouchTransport } from '@xir/couch-client';
import { EmbeddedError, startEmbeddedCouch } from '@xir/couch-embedded';
import { NeuronError, type NeuronErrorCode } from './errors.ts';
import type { HostAndPort, NameAndPassword } from './option-kinds.ts';

/** How the embedded database is opened. */
export interface EmbeddedDatabaseOptions {
  readonly directory: string;
  /** Where it is served; absent: on a free loopback port, for this process alone. */
  readonly serve?: HostAndPort;
  /** The login that others need; absent while it is served: none is asked for. */
  readonly admin?: NameAndPassword;
  /** Refuse a directory that is not there instead of creating it. */
  readonly mustExist?: boolean;
  readonly onError?: (error: unknown) => void;
}

/** An open embedded database. */
export interface EmbeddedDatabase extends AsyncDisposable {
  /** Where others reach it, without credentials. */
  readonly url: string;
  /** Where this process reaches it, with credentials: never to be logged. */
  readonly ownUrl: string;
  /** How this process reaches it without a socket. */
  readonly transport: CouchTransport;
  close(): Promise<void>;
}

const OWN_NAME = 'neuron';

/**
 * Opens the embedded database. While nobody else is to reach it, it asks for a login that only this process knows. Throws {@link NeuronError}:
 * `NEURON_DATA_DIRECTORY` for a directory that is in use, missing, damaged or not writable, `NEURON_LISTEN_FAILED` for an address that cannot be had.
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { serve, admin, onError } = options;
  const directory = resolve(options.directory);
  if (options.mustExist === true && !existsSync(directory)) {
    throw problem('NEURON_DATA_DIRECTORY', `${directory} is not there`, 'Name the directory of the neuron with --data-dir.');
  }
  const open = serve !== undefined && admin === undefined;
  const password = randomBytes(24).toString('base64url');
  const admins = open ? {} : { [OWN_NAME]: password, ...(admin === undefined ? {} : { [admin.name]: admin.password }) };
  try {
    const server = await startEmbeddedCouch({
      directory,
      host: serve?.host ?? '127.0.0.1',
      port: serve?.port ?? 0,
      admins,
      ...(onError === undefined ? {} : { onError }),
    });
    const transport = inProcessTransport(server);
    const close = async () => {
      await transport.close();
      await server.close();
    };
    const own = admin?.name === OWN_NAME ? admin : { name: OWN_NAME, password };
    return { url: server.url, ownUrl: ownUrlOf(server.url, open ? undefined : own), transport, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    throw explain(error, directory);
  }
}

/** The address for this process itself: a wildcard is listened on, not connected to. */
function ownUrlOf(text: string, login: NameAndPassword | undefined): string {
  const url = new URL(text);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  if (login !== undefined) {
    url.username = encodeURIComponent(login.name);
    url.password = encodeURIComponent(login.password);
  }
  return url.href.replace(/\/$/, '');
}

function explain(error: unknown, directory: string): NeuronError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof EmbeddedError) {
    if (error.code === 'EMBEDDED_LISTEN') return problem('NEURON_LISTEN_FAILED', message, 'Choose another --serve-database.', error);
    if (error.code === 'EMBEDDED_LOCKED') {
      return problem('NEURON_DATA_DIRECTORY', message, 'Another neuron runs on it: join it with --couchdb-url, or choose another --data-dir.', error);
    }
  }
  return problem('NEURON_DATA_DIRECTORY', `${directory} cannot be opened: ${message}`, 'Check --data-dir, its permissions and its disk.', error);
}

function problem(code: NeuronErrorCode, cause: string, fix: string, error?: unknown): NeuronError {
  return new NeuronError([{ code, option: code === 'NEURON_LISTEN_FAILED' ? '--serve-database' : '--data-dir', cause, fix }], error);
}
