import { bytesOfText } from '../byte-text.ts';
import type { Call, Command } from '../command.ts';
import { RespError } from '../errors.ts';
import { globMatcher } from '../glob.ts';
import { REDIS_VERSION } from '../redis-version.ts';

/** What CONFIG GET answers: what clients and tools ask for. */
function settings({ context }: Call): ReadonlyArray<readonly [string, string]> {
  const { limits } = context;
  return [
    ['save', ''],
    ['appendonly', 'no'],
    ['databases', '1'],
    ['maxclients', String(limits.maxConnections)],
    ['notify-keyspace-events', 'AKE'],
    ['proto-max-bulk-len', String(limits.request.maxBulkBytes)],
    ['tracking-table-max-keys', String(limits.maxTrackedNames)],
    ['timeout', '0'],
  ];
}

function config(call: Call): void {
  const { args, reply } = call;
  const subcommand = (args[1] as string).toUpperCase();
  if (subcommand === 'GET' && args.length > 2) {
    const matchers = args.slice(2).map((pattern) => globMatcher(pattern.toLowerCase()));
    const found = settings(call).filter(([name]) => matchers.some((matches) => matches(name)));
    reply.map(found.length);
    for (const [name, value] of found) {
      reply.bulk(name);
      reply.bulk(value);
    }
    return;
  }
  // Notifications are always on: who switches them on gets what he wants.
  if (subcommand === 'SET' && args.length === 4 && args[2]?.toLowerCase() === 'notify-keyspace-events') {
    reply.simple('OK');
    return;
  }
  throw new RespError('RESP_UNSUPPORTED', "a neuron is configured by its own options; only CONFIG GET and CONFIG SET notify-keyspace-events are offered");
}

function info(call: Call): void {
  const { context } = call;
  const { metrics, clock } = context;
  const figures = metrics.snapshot();
  const commands = figures.commands.reduce((sum, { count }) => sum + count, 0);
  const ageMs = context.store.ageMs?.();
  const sections: Readonly<Record<string, ReadonlyArray<readonly [string, string | number]>>> = {
    Server: [
      ['redis_version', REDIS_VERSION],
      ['redis_mode', 'standalone'],
      ['xir_version', context.version],
      ['xir_neuron', context.neuron],
      ['uptime_in_seconds', Math.floor((clock.now() - context.startedMs) / 1000)],
    ],
    Clients: [
      ['connected_clients', figures.connections],
      ['maxclients', context.limits.maxConnections],
      ['tracking_clients', [...context.clients.values()].filter(({ tracking }) => tracking !== undefined).length],
    ],
    Persistence: [['loading', 0]],
    Stats: [
      ['total_connections_received', figures.connectionsTotal],
      ['total_commands_processed', commands],
      ['rejected_connections', figures.connectionsRefused],
      ['keyspace_hits', figures.cachedAnswers],
      ['tracking_total_keys', figures.trackedNames],
      ['client_output_buffer_limit_disconnections', figures.slowReadersCut],
    ],
    Replication: [
      ['role', 'master'],
      ['connected_slaves', 0],
    ],
    Cluster: [['cluster_enabled', 0]],
    KV4: ageMs === undefined || !Number.isFinite(ageMs) ? [] : [['cache_age_ms', Math.round(ageMs)]],
  };
  const asked = new Set(call.args.slice(1).map((name) => name.toLowerCase()));
  const all = asked.size === 0 || asked.has('all') || asked.has('default') || asked.has('everything');
  const text = Object.entries(sections)
    .filter(([name, lines]) => lines.length > 0 && (all || asked.has(name.toLowerCase())))
    .map(([name, lines]) => `# ${name}\r\n${lines.map(([key, value]) => `${key}:${value}\r\n`).join('')}`)
    .join('\r\n');
  call.reply.verbatim(bytesOfText(text));
}

function time({ context, reply }: Call): void {
  const nowMs = context.clock.now();
  reply.array(2);
  reply.bulk(String(Math.floor(nowMs / 1000)));
  reply.bulk(String(Math.floor((nowMs % 1000) * 1000)));
}

/** The server. */
export const SERVER: readonly Command[] = [
  { name: 'INFO', arity: -1, group: 'server', flags: ['loading', 'stale'], since: '1.0.0', summary: 'Figures of this neuron.', arguments: [{ name: 'section', type: 'string', optional: true, multiple: true }], run: info },
  {
    name: 'CONFIG',
    arity: -2,
    group: 'server',
    flags: ['admin'],
    since: '2.0.0',
    summary: 'What clients and tools ask of the configuration.',
    arguments: [{ name: 'get', type: 'pure-token', token: 'GET' }, { name: 'parameter', type: 'string', multiple: true }],
    run: config,
  },
  { name: 'TIME', arity: 1, group: 'server', flags: ['fast'], since: '2.6.0', summary: 'The time of this neuron: seconds since 1970, and microseconds.', run: time },
];
