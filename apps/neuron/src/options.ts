import { DEFAULT_LOG_LEVEL, DEFAULT_STALL_ABORT_MS } from '@xir/operations';
import { DEFAULT_DATABASE_WAIT_MS } from './await-database.ts';
import { channelSettings, DEFAULT_CHANNELS } from './channel-settings.ts';
import * as kinds from './option-kinds.ts';
import type { OptionKind } from './option-kinds.ts';
import { webhookSettings } from './webhook-settings.ts';

/** One option: the command line, the environment, the configuration file and the reference all come from this. */
export interface OptionDefinition<Value> {
  /** The flag without dashes; also the key in the configuration file. */
  readonly flag: string;
  readonly kind: OptionKind<Value>;
  /** Text that stands for an option that was not given; absent: the option is then not set. */
  readonly defaultText?: string;
  /** What an absent value means, for the reference, when there is no default text. */
  readonly absent?: string;
  /** One sentence. */
  readonly help: string;
  /** The value is never shown, and `--<flag>-file` reads it from a file. */
  readonly secret?: boolean;
  /** `--<flag>-file` reads the value from a file, as for secrets. */
  readonly fromFile?: boolean;
}

/** Whether the value of an option may be read from a file that `--<flag>-file` names. */
export function hasFile({ secret = false, fromFile = false }: Pick<OptionDefinition<unknown>, 'secret' | 'fromFile'>): boolean {
  return secret || fromFile;
}

/** Default of `drain-ms`, in milliseconds. */
export const DEFAULT_DRAIN_MS = 10_000;
/** Default of `heartbeat-ms`, in milliseconds. */
export const DEFAULT_FEED_HEARTBEAT_MS = 10_000;
/** The system secret of a neuron that nobody configured; it serves loopback addresses only. */
export const DEFAULT_SYSTEM_SECRET = 'secret';

const option = <Value>(definition: OptionDefinition<Value>): OptionDefinition<Value> => definition;

/** Every option of a neuron, in the order in which they are explained. */
export const NEURON_OPTIONS = {
  couchdbUrl: option({
    flag: 'couchdb-url',
    kind: kinds.serverUrl,
    absent: 'the embedded database',
    help: 'The CouchDB server to use instead of the embedded database.',
    secret: true,
  }),
  database: option({ flag: 'database', kind: kinds.databaseName, defaultText: 'xir', help: 'The database that holds this system; created when it is not there.' }),
  dataDir: option({ flag: 'data-dir', kind: kinds.path, defaultText: 'data/xir', help: 'Where the embedded database keeps its files.' }),
  name: option({
    flag: 'name',
    kind: kinds.neuronName,
    absent: 'made of the host name, its network addresses, the data directory and the REST port',
    help: 'The name of this neuron; no two neurons of a system may share one.',
  }),
  host: option({ flag: 'host', kind: kinds.text, defaultText: '127.0.0.1', help: 'The address to listen on.' }),
  restPort: option({ flag: 'rest-port', kind: kinds.port, defaultText: '4006', help: 'The port of the REST API.' }),
  wsPort: option({ flag: 'ws-port', kind: kinds.port, defaultText: '4005', help: 'The port of the WebSocket data API, which is also served at /ws of the REST port.' }),
  tcpPort: option({ flag: 'tcp-port', kind: kinds.port, defaultText: '4007', help: 'The port of the Redis protocol (RESP2 and RESP3).' }),
  legacyPort: option({
    flag: 'legacy-port',
    kind: kinds.port,
    absent: 'not served',
    help: 'The port of the legacy V2 REST API (XirSys used 4003), for clients that still speak it; secrets stand in their bodies and queries, so it is served where it is asked for only.',
  }),
  linkPort: option({ flag: 'link-port', kind: kinds.port, defaultText: '4008', help: 'The port of the link between neurons: TLS, both ends proved by certificates that the system issues itself.' }),
  linkAddress: option({
    flag: 'link-address',
    kind: kinds.hostAndPort,
    absent: 'the host given with --host, or the name of this host where that is any address, and the port of the link',
    help: 'Where other neurons reach the link of this one.',
  }),
  opsPort: option({ flag: 'ops-port', kind: kinds.port, defaultText: '4009', help: 'The port of /health, /ready, /metrics, /openapi.json, /asyncapi.json, /api and /chat.' }),
  serveDatabase: option({
    flag: 'serve-database',
    kind: kinds.hostAndPort,
    absent: 'not served',
    help: 'Serve the embedded database here, so that further neurons join with --couchdb-url and a CouchDB can replicate from it.',
  }),
  databaseAdmin: option({
    flag: 'database-admin',
    kind: kinds.nameAndPassword,
    absent: 'no login is asked for',
    help: 'The login that the served embedded database asks for.',
    secret: true,
  }),
  systemSecret: option({
    flag: 'system-secret',
    kind: kinds.text,
    defaultText: DEFAULT_SYSTEM_SECRET,
    help: 'The secret of the account $sys; the default is accepted on loopback addresses only.',
    secret: true,
  }),
  region: option({ flag: 'region', kind: kinds.text, absent: 'none', help: 'Where this neuron is, in a word of your own; _host prefers neurons of the region it is asked in.' }),
  tlsCert: option({ flag: 'tls-cert', kind: kinds.path, absent: 'no TLS', help: 'The certificate chain (PEM) of the REST API, the WebSocket data API and the Redis protocol; needs --tls-key.' }),
  tlsKey: option({ flag: 'tls-key', kind: kinds.path, absent: 'no TLS', help: 'The private key (PEM) of the REST API, the WebSocket data API and the Redis protocol; needs --tls-cert.' }),
  signalUrls: option({
    flag: 'signal-urls',
    kind: kinds.signalUrls,
    absent: '_host answers with the address that it was asked at',
    help: 'The signalling servers of this neuron, such as wss://neuron.example.org:443/ws. Where neurons have said so, _host answers with one of the least loaded, and a neuron that ends sends its clients there.',
  }),
  trustProxy: option({
    flag: 'trust-proxy',
    kind: kinds.toggle,
    defaultText: 'false',
    help: 'Take the address of clients from the last entry of X-Forwarded-For, which a proxy in front has set.',
  }),
  logLevel: option({ flag: 'log-level', kind: kinds.logLevel, defaultText: DEFAULT_LOG_LEVEL, help: 'How much is logged to standard error.' }),
  cacheMaxBytes: option({ flag: 'cache-max-bytes', kind: kinds.bytes(1024 ** 2), defaultText: '256MiB', help: 'Memory the cache may use, by its own estimate.' }),
  heartbeatMs: option({
    flag: 'heartbeat-ms',
    kind: kinds.milliseconds(500, 60_000),
    defaultText: String(DEFAULT_FEED_HEARTBEAT_MS),
    help: 'How often the change feed gives a sign of life; after three of them without one, the feed is not proved alive.',
  }),
  retention: option({
    flag: 'retention',
    kind: kinds.retention,
    absent: '`none` for `*subs`, `*stats`, `*leases` and `*webhooks`, `7d` for `*messages`, `unlimited` for all others',
    help: 'How much history is kept, per layer; added to the default.',
  }),
  channels: option({
    flag: 'channels',
    kind: channelSettings,
    defaultText: DEFAULT_CHANNELS,
    help: 'How channels behave: which keep their messages, what happens to slow receivers, how large and how many messages may be.',
    fromFile: true,
  }),
  webhooks: option({
    flag: 'webhooks',
    kind: webhookSettings,
    absent: 'none',
    help: 'URLs that are told of joins, leaves and messages of channels; give all neurons of a system the same. `PUT /_webhooks` sets others while they run.',
    secret: true,
  }),
  databaseWaitMs: option({
    flag: 'database-wait-ms',
    kind: kinds.milliseconds(0, 86_400_000, true),
    defaultText: String(DEFAULT_DATABASE_WAIT_MS),
    help: 'How long a neuron that starts waits for a database that cannot be reached; 0: it ends at once.',
  }),
  drainMs: option({
    flag: 'drain-ms',
    kind: kinds.milliseconds(0, 600_000),
    defaultText: String(DEFAULT_DRAIN_MS),
    help: 'How long requests under way may take to finish after SIGTERM or SIGINT.',
  }),
  stallAbortMs: option({
    flag: 'stall-abort-ms',
    kind: kinds.milliseconds(100, 600_000, true),
    defaultText: String(DEFAULT_STALL_ABORT_MS),
    help: 'A blocked event loop ends the process after this long, so that its supervisor restarts it; 0: never.',
  }),
  turnHosts: option({
    flag: 'turn-hosts',
    kind: kinds.hostNames,
    absent: 'none',
    help: 'TURN servers on the usual ports; _turn answers with the usual seven URLs of each.',
  }),
  turnUrls: option({ flag: 'turn-urls', kind: kinds.iceUrls, absent: 'none', help: 'Further STUN and TURN servers that _turn answers with.' }),
  turnSecret: option({
    flag: 'turn-secret',
    kind: kinds.text,
    absent: '_turn answers with an error',
    help: "The secret shared with the TURN servers (coturn's static-auth-secret); short-lived credentials are made from it.",
    secret: true,
  }),
} as const;

/** The key of an option in {@link NeuronSettings}. */
export type OptionKey = keyof typeof NEURON_OPTIONS;

type ValueOf<Definition> = Definition extends OptionDefinition<infer Value> ? Value : never;

/** Options that are always set, since they have a default. */
export type OptionKeyWithDefault =
  | 'database' | 'dataDir' | 'host' | 'restPort' | 'wsPort' | 'tcpPort' | 'linkPort' | 'opsPort' | 'systemSecret' | 'logLevel'
  | 'trustProxy' | 'cacheMaxBytes' | 'heartbeatMs' | 'channels' | 'databaseWaitMs' | 'drainMs' | 'stallAbortMs';

/** What a neuron runs with: every option's value, those without default optional. */
export type NeuronSettings = { readonly [Key in OptionKeyWithDefault]: ValueOf<(typeof NEURON_OPTIONS)[Key]> } & {
  readonly [Key in Exclude<OptionKey, OptionKeyWithDefault>]?: ValueOf<(typeof NEURON_OPTIONS)[Key]>;
};

/** The environment variable of a flag: `couchdb-url` is `XIR_COUCHDB_URL`. */
export function environmentName(flag: string): string {
  return `XIR_${flag.toUpperCase().replaceAll('-', '_')}`;
}
