import { RestError } from '../errors.ts';
import type { SignalWish } from '../options.ts';
import type { Service, ServiceRequest } from '../service.ts';

/** `_host`: where to connect. */
export const hostService: Service = {
  methods: ['GET', 'PUT', 'POST'],
  async handle(request) {
    const { context, headers, query } = request;
    const kind = kindOf(request);
    const urls = context.hosts[kind];
    const chosen = kind === 'signal' ? context.hosts.chooseSignal?.(wishOf(request)) : undefined;
    const own = kind === 'signal' && query.get('own') !== '0' ? context.hosts.ownSignal : undefined;
    const url = chosen ?? urls?.[Math.floor(context.random() * urls.length)] ?? own?.(headers);
    if (url === undefined) throw new RestError('REST_NOT_CONFIGURED', 'no such server is known');
    return { kind: 'value', text: JSON.stringify(url) };
  },
};

function wishOf({ login, path, segments, query, body }: ServiceRequest): SignalWish {
  const key = query.get('k') ?? body['k'];
  const channel = segments[0] === 'best' && segments.length === 2 ? '/' : path;
  return { bucket: login.bucket, path: channel, ...(typeof key === 'string' ? { key } : {}) };
}

/** What is looked for: `type`, or in the older form `/_host/best/<type>`. */
function kindOf({ query, body, segments }: ServiceRequest): 'signal' | 'turn' {
  const older = segments[0] === 'best' && segments.length === 2 ? segments[1] : undefined;
  const type = query.get('type') ?? body['type'] ?? older;
  if (type === undefined || type === '') throw new RestError('REST_TYPE_REQUIRED', 'type is missing');
  if (type !== 'signal' && type !== 'turn') throw new RestError('REST_BAD_TYPE', 'type must be signal or turn');
  return type;
}
