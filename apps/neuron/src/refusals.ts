import { NeuronError, type NeuronProblem } from './errors.ts';
import { DEFAULT_SYSTEM_SECRET, type NeuronSettings } from './options.ts';

/** Whether a host to listen on is reachable from this machine alone. A name other than `localhost` is not trusted to be. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare === '::1' || bare === '0:0:0:0:0:0:0:1') return true;
  const ipv4 = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(bare);
  return ipv4?.[1] === '127';
}

/**
 * What may not be combined: the rules a neuron refuses to start by. Throws {@link NeuronError} with every rule that is broken:
 * `NEURON_DEFAULT_SECRET`, `NEURON_DATABASE_OPEN_TO_ALL`, `NEURON_OPTION_CONFLICT`.
 */
export function refuseUnsafeSettings(settings: NeuronSettings): void {
  const [first, ...rest] = [...defaultSecret(settings), ...openDatabase(settings), ...conflicts(settings)];
  if (first !== undefined) throw new NeuronError([first, ...rest]);
}

function defaultSecret({ host, systemSecret }: NeuronSettings): NeuronProblem[] {
  if (systemSecret !== DEFAULT_SYSTEM_SECRET || isLoopback(host)) return [];
  return [
    {
      code: 'NEURON_DEFAULT_SECRET',
      option: '--system-secret',
      cause: `the system secret is the default, which everybody knows, and --host ${host} can be reached from other machines`,
      fix: 'Set XIR_SYSTEM_SECRET or --system-secret-file, or listen on 127.0.0.1.',
    },
  ];
}

function openDatabase({ serveDatabase, databaseAdmin }: NeuronSettings): NeuronProblem[] {
  if (serveDatabase === undefined || databaseAdmin !== undefined || isLoopback(serveDatabase.host)) return [];
  return [
    {
      code: 'NEURON_DATABASE_OPEN_TO_ALL',
      option: '--serve-database',
      cause: `anybody who reaches ${serveDatabase.host} could read and write the whole database, since no login is asked for`,
      fix: 'Set XIR_DATABASE_ADMIN=name:password, or serve it on 127.0.0.1.',
    },
  ];
}

function conflicts(settings: NeuronSettings): NeuronProblem[] {
  const found: NeuronProblem[] = [];
  const conflict = (option: string, cause: string, fix: string) => void found.push({ code: 'NEURON_OPTION_CONFLICT', option, cause, fix });
  const { couchdbUrl, serveDatabase, databaseAdmin, tlsCert, tlsKey } = settings;
  if (couchdbUrl !== undefined && serveDatabase !== undefined) {
    conflict('--serve-database', 'only the embedded database can be served, and --couchdb-url says not to use it', 'Leave one of the two out.');
  }
  if (databaseAdmin !== undefined && serveDatabase === undefined) {
    conflict('--database-admin', 'the embedded database is not served, so nobody could log in', 'Add --serve-database, or leave it out.');
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    conflict(tlsCert === undefined ? '--tls-key' : '--tls-cert', 'a certificate and its key belong together', 'Give both --tls-cert and --tls-key.');
  }
  for (const layer of Object.keys(settings.channels.keep)) {
    if (settings.retention?.[layer] !== undefined) conflict('--channels', `--retention says as well how long the layer ${layer} keeps its versions`, 'Say it in one of the two.');
  }
  const ports: readonly (readonly [string, number])[] = [
    ['--rest-port', settings.restPort],
    ['--ws-port', settings.wsPort],
    ['--tcp-port', settings.tcpPort],
    ['--link-port', settings.linkPort],
    ['--ops-port', settings.opsPort],
    ...(serveDatabase === undefined || !sameHost(serveDatabase.host, settings.host) ? [] : [['--serve-database', serveDatabase.port] as const]),
  ];
  const taken = new Map<number, string>();
  for (const [flag, port] of ports) {
    const other = taken.get(port);
    if (port !== 0 && other !== undefined) conflict(flag, `port ${port} is also given to ${other}`, 'Give each its own, or 0 for any free one.');
    taken.set(port, flag);
  }
  return found;
}

function sameHost(left: string, right: string): boolean {
  const any = (host: string) => host === '0.0.0.0' || host === '::';
  return left === right || any(left) || any(right);
}
