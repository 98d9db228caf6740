import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configurationReference } from '../src/documentation.ts';
import { NeuronError } from '../src/errors.ts';
import { operationsReference } from '../src/operations-documentation.ts';
import { parseConfiguration } from '../src/configuration-file.ts';
import { defaultNeuronName } from '../src/neuron-name.ts';
import { environmentName, NEURON_OPTIONS, type OptionDefinition } from '../src/options.ts';
import { isLoopback, refuseUnsafeSettings } from '../src/refusals.ts';
import { resolveOptions, type OptionSources } from '../src/resolve-options.ts';

const definitions = Object.entries(NEURON_OPTIONS) as [string, OptionDefinition<unknown>][];

function resolve(sources: Partial<OptionSources> = {}) {
  return resolveOptions({ flags: {}, environment: {}, readSecretFile: () => 'from the file\n', ...sources });
}

function problemsOf(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof NeuronError) return error.problems;
    throw error;
  }
  return [];
}

describe('the options table', () => {
  it.each(definitions)('%s has a flag of its own key, a sentence of help, and a default or a word on what its absence means', (key, definition) => {
    expect(definition.flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())).toBe(key);
    expect(definition.help).toMatch(/^[A-Z].+\.$/);
    expect(definition.defaultText === undefined).toBe(definition.absent !== undefined);
    expect(environmentName(definition.flag)).toMatch(/^XIR_[A-Z_]+$/);
  });

  it.each(definitions.filter(([, { defaultText }]) => defaultText !== undefined))('the default of %s is valid and shown as it is written', (_, definition) => {
    const text = definition.defaultText ?? '';
    expect(definition.kind.show(definition.kind.parse(text))).toBe(text);
  });

  it('is what docs/configuration.md says', () => {
    const path = new URL('../../../docs/configuration.md', import.meta.url);
    expect(readFileSync(path, 'utf8'), 'run: pnpm --filter @xir/neuron docs').toBe(configurationReference());
  });

  it('stands beside the table of metrics that docs/operations.md shows', () => {
    const path = new URL('../../../docs/operations.md', import.meta.url);
    expect(readFileSync(path, 'utf8'), 'run: pnpm --filter @xir/neuron docs').toBe(operationsReference());
  });
});

describe('an option', () => {
  it('has the documented defaults where nothing is given', () => {
    expect(resolve()).toEqual({
      database: 'xir',
      databaseWaitMs: 600_000,
      dataDir: 'data/xir',
      host: '127.0.0.1',
      restPort: 4006,
      wsPort: 4005,
      tcpPort: 4007,
      linkPort: 4008,
      opsPort: 4009,
      systemSecret: 'secret',
      logLevel: 'info',
      trustProxy: false,
      cacheMaxBytes: 256 * 1024 ** 2,
      heartbeatMs: 10_000,
      drainMs: 10_000,
      stallAbortMs: 10_000,
      channels: { rules: [{ path: '/kept/**', history: { layer: '*messages' } }], keep: {}, written: [{ path: '/kept/**', history: true }] },
    });
  });

  it('is taken from the flag before the environment before the file before the default', () => {
    const flags = { 'rest-port': '1' };
    const environment = { XIR_REST_PORT: '2' };
    const file = { 'rest-port': 3 };
    expect(resolve({ flags, environment, file }).restPort).toBe(1);
    expect(resolve({ environment, file }).restPort).toBe(2);
    expect(resolve({ environment: { XIR_REST_PORT: '' }, file }).restPort).toBe(3);
    expect(resolve().restPort).toBe(4006);
  });

  it('that is wrong is named with its origin, its cause and its fix, and all wrong ones at once', () => {
    const problems = problemsOf(() => resolve({ flags: { 'rest-port': '70000' }, environment: { XIR_LOG_LEVEL: 'loud' }, file: { 'heartbeat-ms': {}, nonsense: 1 } }));
    expect(problems.map(({ code, option }) => [code, option])).toEqual([
      ['NEURON_UNKNOWN_OPTION', 'nonsense (configuration file)'],
      ['NEURON_BAD_OPTION', '--rest-port'],
      ['NEURON_BAD_OPTION', 'XIR_LOG_LEVEL (environment, for --log-level)'],
      ['NEURON_BAD_OPTION', 'heartbeat-ms (configuration file)'],
    ]);
    for (const { cause, fix } of problems) expect(Math.min(cause.length, fix.length)).toBeGreaterThan(10);
  });

  it.each([
    ['couchdb-url', 'ftp://a:hunter2@h/'],
    ['database-admin', 'hunter2'],
  ])('%s is a secret, so an error does not repeat it', (flag, value) => {
    const problems = problemsOf(() => resolve({ flags: { [flag]: value } }));
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  it('that is a secret can stand in a file, but not in both places', () => {
    const environment = { XIR_SYSTEM_SECRET_FILE: '/run/secrets/system' };
    expect(resolve({ environment }).systemSecret).toBe('from the file');
    expect(resolve({ environment, flags: { 'system-secret': 'flag wins' } }).systemSecret).toBe('flag wins');
    const both = { ...environment, XIR_SYSTEM_SECRET: 'x' };
    expect(problemsOf(() => resolve({ environment: both }))).toMatchObject([{ code: 'NEURON_OPTION_CONFLICT' }]);
    const readSecretFile = () => {
      throw new Error('ENOENT');
    };
    expect(problemsOf(() => resolve({ environment, readSecretFile }))).toMatchObject([{ code: 'NEURON_CONFIG_FILE' }]);
  });

  it.each([
    ['serve-database', '0.0.0.0:5984', { host: '0.0.0.0', port: 5984 }],
    ['serve-database', '[::1]:0', { host: '::1', port: 0 }],
    ['cache-max-bytes', '1GiB', 1024 ** 3],
    ['database-admin', 'admin:a:b', { name: 'admin', password: 'a:b' }],
    ['turn-urls', 'stun:a:1, turn:b:2?transport=udp', ['stun:a:1', 'turn:b:2?transport=udp']],
    ['retention', '*data=100v *logs=30d a=none b=unlimited', { '*data': { versions: 100 }, '*logs': { durationMs: 2_592_000_000 }, a: 'none', b: 'unlimited' }],
    ['turn-hosts', 'a.example b.example', ['a.example', 'b.example']],
    ['signal-urls', 'wss://a:443/ws', ['wss://a:443/ws']],
    ['trust-proxy', 'true', true],
    ['stall-abort-ms', '0', 0],
  ])('%s reads %s', (flag, value, expected) => {
    const key = flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    expect(Reflect.get(resolve({ flags: { [flag]: value } }), key)).toEqual(expected);
  });

  it.each([
    ['serve-database', '5984'],
    ['cache-max-bytes', '1 parsec'],
    ['cache-max-bytes', '5'],
    ['database', 'Upper'],
    ['name', 'with-dash'],
    ['rest-port', '-1'],
    ['rest-port', ''],
    ['retention', '*data=0v'],
    ['retention', '*data'],
    ['turn-urls', 'http://a'],
    ['turn-hosts', 'a b/c'],
    ['signal-urls', 'http://a'],
    ['trust-proxy', 'perhaps'],
    ['heartbeat-ms', '1e4'],
    ['stall-abort-ms', '99'],
  ])('%s refuses %j', (flag, value) => {
    expect(problemsOf(() => resolve({ flags: { [flag]: value } }))).toMatchObject([{ code: 'NEURON_BAD_OPTION', option: `--${flag}` }]);
  });
});

describe('rules for channels', () => {
  const rules = [
    { path: '/chat/**', bucket: 'cool', history: { keep: '30d', maxRecoveredMessages: 5 }, slowReceivers: 'drop-oldest' },
    { path: '/log/*', history: { layer: '*messages:log', keep: '100v' }, maxMessageCharacters: 10, maxMessagesPerSecond: 1 },
    { path: '/', history: false, presence: 'listed' },
  ];

  it('are JSON or YAML on the command line and in a file of their own, and YAML in the configuration file', () => {
    const expected = {
      rules: [
        { path: '/chat/**', bucket: 'cool', slowReceivers: 'drop-oldest', history: { layer: '*messages', maxRecoveredMessages: 5 } },
        { path: '/log/*', maxMessageCharacters: 10, maxMessagesPerSecond: 1, history: { layer: '*messages:log' } },
        { path: '/', presence: 'listed' },
      ],
      keep: { '*messages': { durationMs: 2_592_000_000 }, '*messages:log': { versions: 100 } },
      written: rules,
    };
    expect(resolve({ flags: { channels: JSON.stringify(rules) } }).channels).toEqual(expected);
    expect(resolve({ file: { channels: rules } }).channels).toEqual(expected);
    expect(resolve({ flags: { 'channels-file': '/etc/channels.json' }, readSecretFile: () => `${JSON.stringify(rules)}\n` }).channels).toEqual(expected);
    expect(resolve({ flags: { channels: '- path: /a\n  history: true' } }).channels.rules).toEqual([{ path: '/a', history: { layer: '*messages' } }]);
    expect(resolve({ flags: { channels: '[]' } }).channels.rules).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['expected a list of rules', { path: '/a' }],
    ['expected a list of rules', 'yes'],
    ['rule 1 has to be fields and values', ['/a']],
    ['rule 2 has a field "slow"', [{ path: '/a' }, { path: '/b', slow: 'cut' }]],
    ['rule 1: path has to be a pattern', [{}]],
    ['rule 1: path: a pattern of channels begins with a slash', [{ path: 'a' }]],
    ['rule 1: path: ** stands at the end', [{ path: '/**/a' }]],
    ['rule 1: bucket has to be the name', [{ path: '/a', bucket: 5 }]],
    ['rule 1: history has to be fields', [{ path: '/a', history: 'yes' }]],
    ['rule 1: history has a field "ttl"', [{ path: '/a', history: { ttl: 5 } }]],
    ['rule 1: history.layer has to be *messages', [{ path: '/a', history: { layer: '*acc' } }]],
    ['rule 1: history.keep has to be', [{ path: '/a', history: { keep: 'none' } }]],
    ['rule 1: history.keep has to be', [{ path: '/a', history: { keep: '7 days' } }]],
    ['rule 1: history: maxRecoveredMessages has to be a whole number from 1 to 4000', [{ path: '/a', history: { maxRecoveredMessages: 0 } }]],
    ['rule 2: history.keep of the layer *messages is not that of rule 1', [{ path: '/a', history: { keep: '1d' } }, { path: '/b', history: { keep: '2d' } }]],
    ['rule 1: slowReceivers has to be one of cut, drop-oldest, latest-only', [{ path: '/a', slowReceivers: 'block' }]],
    ['rule 1: presence has to be one of told, listed', [{ path: '/a', presence: 'none' }]],
    ['rule 1: maxMessageCharacters has to be', [{ path: '/a', maxMessageCharacters: 1_000_000 }]],
    ['rule 1: maxMessagesPerSecond has to be', [{ path: '/a', maxMessagesPerSecond: 0.5 }]],
  ])('that are wrong are refused, and it is said which and why: %s', (cause, value) => {
    const [problem, ...others] = problemsOf(() => resolve({ flags: { channels: JSON.stringify(value) } }));
    expect([problem?.code, others]).toEqual(['NEURON_BAD_OPTION', []]);
    expect(problem?.cause).toContain(cause);
  });

  it('that are neither JSON nor YAML are refused', () => {
    expect(problemsOf(() => resolve({ flags: { channels: '[{' } }))).toMatchObject([{ code: 'NEURON_BAD_OPTION', option: '--channels' }]);
  });
});

describe('the configuration file', () => {
  it('is YAML or JSON, with lists', () => {
    expect(parseConfiguration("rest-port: 1\nretention:\n  - '*data=1v'\n  - a=none\n", 'f')).toEqual({ 'rest-port': 1, retention: ['*data=1v', 'a=none'] });
    expect(parseConfiguration('{"rest-port": 1}', 'f')).toEqual({ 'rest-port': 1 });
    expect(parseConfiguration('', 'f')).toEqual({});
    expect(resolve({ file: { retention: ['*data=1v', 'a=none'] } }).retention).toEqual({ '*data': { versions: 1 }, a: 'none' });
  });

  it.each(['- a\n- b', 'just text', '{"a":', 'a: b: c'])('that is no mapping is refused without repeating it: %j', (content) => {
    expect(problemsOf(() => parseConfiguration(content, 'the.yaml'))).toMatchObject([{ code: 'NEURON_CONFIG_FILE', option: '--config' }]);
  });
});

describe('a neuron refuses', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['the default secret on an address that others reach', { host: '0.0.0.0' }, ['NEURON_DEFAULT_SECRET']],
    ['the default secret on a name that is not localhost', { host: 'neuron.example.org' }, ['NEURON_DEFAULT_SECRET']],
    ['to serve the database to everybody without a login', { 'serve-database': '0.0.0.0:5984' }, ['NEURON_DATABASE_OPEN_TO_ALL']],
    ['to serve a database that it does not embed', { 'serve-database': '127.0.0.1:1', 'couchdb-url': 'http://h/' }, ['NEURON_OPTION_CONFLICT']],
    ['a login that nobody can use', { 'database-admin': 'a:b' }, ['NEURON_OPTION_CONFLICT']],
    ['a certificate without a key', { 'tls-cert': 'c' }, ['NEURON_OPTION_CONFLICT']],
    ['a key without a certificate', { 'tls-key': 'c' }, ['NEURON_OPTION_CONFLICT']],
    ['two words on how long messages are kept', { channels: '[{"path":"/a","history":{"keep":"1d"}}]', retention: '*messages=2d' }, ['NEURON_OPTION_CONFLICT']],
    ['one port for two faces', { 'ops-port': '4006' }, ['NEURON_OPTION_CONFLICT']],
    ['two things at once, naming both', { host: '::', 'tls-cert': 'c' }, ['NEURON_DEFAULT_SECRET', 'NEURON_OPTION_CONFLICT']],
  ])('%s', (_, flags, codes) => {
    expect(problemsOf(() => refuseUnsafeSettings(resolve({ flags }))).map(({ code }) => code)).toEqual(codes);
  });

  it.each<[string, Record<string, string>]>([
    ['the defaults', {}],
    ['a secret of its own on any address', { host: '0.0.0.0', 'system-secret': 'x' }],
    ['the served database on loopback without a login', { 'serve-database': '127.0.0.1:5984' }],
    ['the served database on any address with a login', { 'serve-database': '0.0.0.0:5984', 'database-admin': 'a:b' }],
    ['port 0 for everything', { 'rest-port': '0', 'ws-port': '0', 'tcp-port': '0', 'link-port': '0', 'ops-port': '0', 'serve-database': '127.0.0.1:0' }],
  ])('nothing about %s', (_, flags) => {
    expect(problemsOf(() => refuseUnsafeSettings(resolve({ flags })))).toEqual([]);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['localhost.example.org', false],
  ])('to take %s for loopback when it is not (%s)', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback);
  });
});

describe('the default name', () => {
  const host = { hostName: 'Web-Server-01.example.org', hardwareAddresses: ['02:00', '01:00'], dataDirectory: '/data' };

  it('is valid, stays the same over restarts, and does not depend on the order of interfaces', () => {
    const name = defaultNeuronName(host, { restPort: 4006, opsPort: 4009 });
    expect(name).toMatch(/^webserver01e[a-z0-9]{8}$/);
    expect(defaultNeuronName({ ...host, hardwareAddresses: ['01:00', '02:00'] }, { restPort: 4006, opsPort: 4009 })).toBe(name);
  });

  it('tells two neurons on one host, and two hosts of one name, apart', () => {
    const names = [
      defaultNeuronName(host, { restPort: 4006, opsPort: 4009 }),
      defaultNeuronName(host, { restPort: 4016, opsPort: 4019 }),
      defaultNeuronName({ ...host, hardwareAddresses: ['03:00'] }, { restPort: 4006, opsPort: 4009 }),
    ];
    expect(new Set(names).size).toBe(3);
  });
});
