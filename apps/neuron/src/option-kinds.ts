import type { LayerRetention, Retention } from '@xir/kv4-core';
import { LOG_LEVELS, type LogLevel } from '@xir/operations';

/** How a kind of option reads its text. `parse` throws a `TypeError` that says what is wrong, without repeating the text. */
export interface OptionKind<Value> {
  /** What stands behind the flag in `--help`, such as `<port>`. */
  readonly placeholder: string;
  /** In words, for the reference: `a port, 0 to 65535 (0: any free one)`. */
  readonly description: string;
  /** A flag that may be repeated; its texts are joined by spaces. */
  readonly repeatable?: boolean;
  /** In the configuration file it is not a word but YAML of its own, which is parsed as JSON. */
  readonly structured?: boolean;
  /** More than fits into a table, in Markdown, for the reference. */
  readonly details?: string;
  parse(text: string): Value;
  /** The value as a user would write it. */
  show(value: Value): string;
}

/** A host and a port. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** A name and a password. */
export interface NameAndPassword {
  readonly name: string;
  readonly password: string;
}

const reject = (expectation: string): never => {
  throw new TypeError(expectation);
};

/** Any text that is not empty. */
export const text: OptionKind<string> = {
  placeholder: '<text>',
  description: 'text',
  parse: (value) => value,
  show: (value) => value,
};

/** A path of the file system, taken relative to the working directory. */
export const path: OptionKind<string> = { ...text, placeholder: '<path>', description: 'a path' };

/** A port number. */
export const port: OptionKind<number> = {
  placeholder: '<port>',
  description: 'a port, 0 to 65535 (0: any free one)',
  parse: (value) => (/^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? Number(value) : reject('expected a port number from 0 to 65535')),
  show: String,
};

/** Whole milliseconds within bounds; `orZero` allows 0 beneath them. */
export function milliseconds(least: number, most: number, orZero = false): OptionKind<number> {
  const bounds = `${orZero ? '0, or ' : ''}${least} to ${most}`;
  const fits = (value: number) => (value >= least && value <= most) || (orZero && value === 0);
  return {
    placeholder: '<ms>',
    description: `whole milliseconds, ${bounds}`,
    parse: (value) => (/^\d{1,12}$/.test(value) && fits(Number(value)) ? Number(value) : reject(`expected whole milliseconds, ${bounds}`)),
    show: String,
  };
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, kib: 1024, m: 1024 ** 2, mib: 1024 ** 2, g: 1024 ** 3, gib: 1024 ** 3 };

/** Bytes, with or without a binary unit. */
export function bytes(least: number): OptionKind<number> {
  return {
    placeholder: '<bytes>',
    description: `bytes, also as 64MiB or 1GiB; at least ${showBytes(least)}`,
    parse(value) {
      const match = /^(\d{1,15})\s*([a-z]*)$/i.exec(value);
      const unit = BYTE_UNITS[(match?.[2] ?? '?').toLowerCase()];
      const result = match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit;
      return result >= least && Number.isSafeInteger(result) ? result : reject(`expected bytes, such as 256MiB, at least ${showBytes(least)}`);
    },
    show: showBytes,
  };
}

function showBytes(value: number): string {
  if (value >= 1024 ** 3 && value % 1024 ** 3 === 0) return `${value / 1024 ** 3}GiB`;
  if (value >= 1024 ** 2 && value % 1024 ** 2 === 0) return `${value / 1024 ** 2}MiB`;
  return String(value);
}

/** `true` or `false`; the flag alone means `true`. */
export const toggle: OptionKind<boolean> = {
  placeholder: '[true|false]',
  description: '`true` or `false`',
  parse: (value) => (value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : reject('expected true or false')),
  show: String,
};

/** A level of the log. */
export const logLevel: OptionKind<LogLevel> = {
  placeholder: '<level>',
  description: LOG_LEVELS.join(', '),
  parse: (value) => LOG_LEVELS.find((level) => level === value) ?? reject(`expected one of ${LOG_LEVELS.join(', ')}`),
  show: String,
};

/** The URL of a server that speaks CouchDB's protocol, with or without credentials. */
export const serverUrl: OptionKind<string> = {
  placeholder: '<url>',
  description: 'an `http:` or `https:` URL, with or without `name:password@`',
  parse(value) {
    const valid = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
    return valid ? value : reject('expected an http: or https: URL, such as http://admin:password@127.0.0.1:5984');
  },
  show: (value) => value,
};

/** The name of a database, by CouchDB's rule. */
export const databaseName: OptionKind<string> = {
  placeholder: '<name>',
  description: "a database name by CouchDB's rule: a lower-case letter, then lower-case letters, digits and `_$()+/-`, at most 238 characters",
  parse: (value) =>
    /^[a-z][a-z0-9_$()+/-]{0,237}$/.test(value) ? value : reject('expected a lower-case letter, then lower-case letters, digits and _$()+/-'),
  show: (value) => value,
};

/** The name of a neuron, as it stands in versions. */
export const neuronName: OptionKind<string> = {
  placeholder: '<name>',
  description: '1 to 24 characters `a-z0-9`',
  parse: (value) => (/^[a-z0-9]{1,24}$/.test(value) ? value : reject('expected 1 to 24 characters a-z and 0-9')),
  show: (value) => value,
};

/** `host:port`, IPv6 in brackets. */
export const hostAndPort: OptionKind<HostAndPort> = {
  placeholder: '<host:port>',
  description: '`host:port`, IPv6 in brackets; port 0: any free one',
  parse(value) {
    const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@]+)):(\d{1,5})$/i.exec(value);
    const host = match?.[1] ?? match?.[2];
    const number = Number(match?.[3]);
    return host !== undefined && number <= 65_535 ? { host, port: number } : reject('expected host:port, such as 127.0.0.1:5984');
  },
  show: ({ host, port: number }) => (host.includes(':') ? `[${host}]:${number}` : `${host}:${number}`),
};

/** `name:password`. */
export const nameAndPassword: OptionKind<NameAndPassword> = {
  placeholder: '<name:password>',
  description: '`name:password`',
  parse(value) {
    const colon = value.indexOf(':');
    return colon > 0 && colon < value.length - 1
      ? { name: value.slice(0, colon), password: value.slice(colon + 1) }
      : reject('expected name:password, both not empty');
  },
  show: ({ name }) => `${name}:…`,
};

interface ItemRule {
  readonly placeholder: string;
  readonly what: string;
  readonly pattern: RegExp;
  readonly example: string;
}

function listOf({ placeholder, what, pattern, example }: ItemRule): OptionKind<readonly string[]> {
  return {
    placeholder,
    description: `${what}, separated by spaces or commas`,
    repeatable: true,
    parse(value) {
      const items = value.split(/[\s,]+/).filter((item) => item !== '');
      return items.every((item) => pattern.test(item)) ? items : reject(`expected ${what.replaceAll('`', '')}, such as ${example}`);
    },
    show: (value) => value.join(' '),
  };
}

/** URLs of STUN and TURN servers. */
export const iceUrls = listOf({
  placeholder: '<urls>',
  what: '`stun:`, `turn:` and `turns:` URLs',
  pattern: /^(stuns?|turns?):[^\s/@]+$/,
  example: 'turn:turn.example.org:3478?transport=udp',
});

/** URLs of signalling servers. */
export const signalUrls = listOf({ placeholder: '<urls>', what: '`wss:` or `ws:` URLs', pattern: /^wss?:\/\/[^\s/@?#]+[^\s@?#]*$/, example: 'wss://neuron.example.org:443/ws' });

/** Names of hosts. */
export const hostNames = listOf({ placeholder: '<hosts>', what: 'host names', pattern: /^[A-Za-z0-9.-]+$/, example: 'turn.example.org' });

const DURATION_UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What is kept, per layer: `layer=unlimited`, `layer=none`, `layer=100v` (versions), `layer=30d` (or `h`, `m`, `s`). */
export const retention: OptionKind<LayerRetention> = {
  placeholder: '<layer=rule>',
  description: '`layer=unlimited`, `layer=none`, `layer=100v` (versions) or `layer=30d` (`d`, `h`, `m`, `s`), separated by spaces; a name covers `name:…` as well',
  repeatable: true,
  parse: (value) => Object.fromEntries(value.split(/\s+/).filter((rule) => rule !== '').map(parseRetentionRule)),
  show: (value) => Object.entries(value).map(([layer, rule]) => `${layer}=${showRetention(rule)}`).join(' '),
};

function parseRetentionRule(rule: string): [string, Retention] {
  const [, layer, text] = /^(\S+)=(\w+)$/.exec(rule) ?? [];
  const kept = parseRetention(text ?? '');
  if (layer === undefined || layer === '__proto__' || kept === undefined) return reject('expected rules such as *data=100v, *logs=30d, notes=unlimited or scratch=none, of at least one version, or longer than zero');
  return [layer, kept];
}

/** Reads `unlimited`, `none`, `100v` (versions) or `30d` (or `h`, `m`, `s`); `undefined`: it is none of these. */
export function parseRetention(rule: string): Retention | undefined {
  if (rule === 'unlimited' || rule === 'none') return rule;
  const match = /^(\d{1,9})([vsmhd])$/.exec(rule);
  const amount = Number(match?.[1]);
  if (match === null || amount < 1) return undefined;
  const unitMs = DURATION_UNITS_MS[match[2] ?? ''];
  return unitMs === undefined ? { versions: amount } : { durationMs: amount * unitMs };
}

function showRetention(rule: Retention): string {
  if (typeof rule === 'string') return rule;
  return 'versions' in rule ? `${rule.versions}v` : `${rule.durationMs / 1000}s`;
}
