import type { Message } from './message-channel.ts';

type Words = readonly string[];

const encoder = new TextEncoder();

/** A command as it is sent (RESP): an array of bulk strings. Pure. */
export function commandText(words: Words): string {
  return words.reduce((text, word) => `${text}$${encoder.encode(word).byteLength}\r\n${word}\r\n`, `*${words.length}\r\n`);
}

/** The command of the Redis protocol for a request of the data API. Pure. */
export function commandOf(message: Message): Words {
  const { op } = message;
  const path = String(message['path']);
  switch (op) {
    case 'get':
      return ['KV4.GET', path, ...keyPlace(message), ...freshness(message), 'JSON'];
    case 'at':
      return ['KV4.GET', path, ...keyPlace(message), ...word('AT', message['timeMs']), 'JSON'];
    case 'put':
      return ['KV4.PUT', path, JSON.stringify(message['value']), ...keyPlace(message), ...condition(message), ...writing(message), 'JSON'];
    case 'delete':
      return ['KV4.DEL', path, ...keyPlace(message), ...condition(message), 'JSON'];
    case 'delete-path':
    case 'delete-tree':
      return ['KV4.DELPATH', path, ...place(message), ...flag('TREE', op === 'delete-tree'), ...condition(message)];
    case 'series':
      return ['KV4.SERIES', path, ...keyPlace(message), ...span(message), ...paging(message), ...flag('ASC', message['ascending']), 'JSON'];
    case 'aggregate':
      return ['KV4.AGG', path, ...keyPlace(message), ...span(message), ...word('FIELD', message['field']), ...word('BY', message['groupBy']), 'JSON'];
    case 'find':
      return ['KV4.FIND', path, String(message['by']), String(message['value']), ...place(message), ...freshness(message), 'JSON'];
    case 'layers':
      return ['KV4.LAYERS', ...word('BUCKET', message['bucket']), ...freshness(message), 'JSON'];
    case 'tree-at':
      return ['KV4.TREE', path, ...place(message), ...word('AT', message['timeMs']), ...paging(message), ...word('DEPTH', message['depth']), 'JSON'];
    case 'watch':
      return watching(message);
    default:
      // keys, list, tree, paths.
      return [`KV4.${op.toUpperCase()}`, path, ...place(message), ...freshness(message), ...paging(message), ...word('DEPTH', message['depth']), 'JSON'];
  }
}

function watching(message: Message): Words {
  const { scope, initial, latestOnly, history, after, credit } = message;
  const where = scope === 'key' ? keyPlace(message) : [scope === 'path' ? 'PATH' : 'TREE', ...place(message)];
  // A layer is all that lies beneath its root.
  const path = scope === 'layer' ? '/' : String(message['path']);
  return ['KV4.WATCH', path, ...where, ...flag('INITIAL', initial), ...flag('LATEST', latestOnly), ...flag('HISTORY', history), ...word('AFTER', after), ...word('CREDIT', credit), 'JSON'];
}

function word(name: string, value: unknown): Words {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)) ? [name, String(value)] : [];
}

function flag(name: string, value: unknown): Words {
  return value === true ? [name] : [];
}

function place({ layer, bucket }: Message): Words {
  return [...word('LAYER', layer), ...word('BUCKET', bucket)];
}

function keyPlace(message: Message): Words {
  return [...word('KEY', message['key']), ...place(message)];
}

/** What is proved current is young enough as well. */
function freshness({ fresh, maxAgeMs }: Message): Words {
  return fresh === true ? ['FRESH'] : word('AGE', maxAgeMs);
}

function paging({ limit, after }: Message): Words {
  return [...word('COUNT', limit), ...word('AFTER', after)];
}

function span({ fromMs, toMs }: Message): Words {
  return [...word('FROM', fromMs), ...word('TO', toMs)];
}

function writing({ merge, secondary, expiresInMs }: Message): Words {
  const keys = secondary === undefined ? undefined : Object.entries(secondary as Readonly<Record<string, unknown>>).flatMap(([name, value]) => word(name.toUpperCase(), value));
  return [...flag('MERGE', merge), ...(keys?.length === 0 ? ['NOKEYS'] : (keys ?? [])), ...(typeof expiresInMs === 'number' ? ['PX', String(Math.ceil(expiresInMs))] : [])];
}

function condition({ condition: given }: Message): Words {
  const { type, version } = (given ?? {}) as { readonly type?: unknown; readonly version?: unknown };
  switch (type) {
    case 'absent':
      return ['NX'];
    case 'present':
      return ['XX'];
    case 'version':
      return ['IFVER', String(version)];
    case 'locked':
      return ['LOCK', typeof version === 'string' ? version : ''];
    default:
      return [];
  }
}
