import { Kv4Error } from '@xir/kv4-core';
import { isChannelSegment } from '@xir/protocol';

import { bucketScope } from '../bucket-scope.ts';
import { RestError } from '../errors.ts';
import { pagedAnswer } from '../list-answer.ts';
import { asksForWatch, watchScopeOf } from '../path-reading.ts';
import { depthOption } from '../read-parameters.ts';
import type { ListAnswer, Service, ServiceRequest, ValueAnswer } from '../service.ts';

/** The layer of namespaces. */
export const NAMESPACE_LAYER = '*ns';
/** A namespace is this key at its path: a path exists only through a key. */
export const NAMESPACE_KEY = 'ns';

/** `_ns`: namespaces, which are also the channels of signalling. */
export const namespaceService: Service = {
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
  async handle(request) {
    const { bucket, sinceMs } = await bucketScope(request);
    if (request.method === 'GET' && asksForWatch(request)) {
      return watchScopeOf(request, { type: 'subtree', address: { bucket, layer: NAMESPACE_LAYER, path: request.path } }, { sinceMs });
    }
    if (request.method === 'GET') return list(request, bucket);
    return request.method === 'DELETE' ? remove(request, bucket) : create(request, bucket);
  },
};

async function create(request: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const { segments, path, context, login } = request;
  if (segments.length === 0 || !segments.every(isChannelSegment)) throw new RestError('REST_BAD_SEGMENT', 'a segment is a letter, then letters, digits, _ - .; at least one is needed');
  try {
    const address = { bucket, layer: NAMESPACE_LAYER, path, key: NAMESPACE_KEY };
    const write = await context.store.put(address, {}, { condition: { type: 'absent' }, author: login.author });
    return { kind: 'value', text: `{"_ver_":"${write.version}"}`, version: write.version, durable: write.durable };
  } catch (error) {
    if (error instanceof Kv4Error && error.code === 'KV4_ALREADY_EXISTS') throw new RestError('REST_NAMESPACE_EXISTS', 'the namespace exists already');
    throw error;
  }
}

/** The namespaces beneath the base, relative to it, without a leading slash; the base itself is not among them. */
async function list(request: ServiceRequest, bucket: string): Promise<ListAnswer> {
  const { path, query, context } = request;
  const depth = depthOption(query);
  const skip = path === '/' ? 1 : path.length + 1;
  return pagedAnswer(
    request,
    async (page) => {
      const paths = await context.store.paths({ bucket, layer: NAMESPACE_LAYER, path }, { ...page, ...depth });
      return { ...paths, items: paths.items.filter((created) => created !== path) };
    },
    (created) => JSON.stringify(created.slice(skip)),
  );
}

async function remove(request: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const { path, context, login } = request;
  const count = await context.store.deleteSubtree({ bucket, layer: NAMESPACE_LAYER, path }, { author: login.author });
  return { kind: 'value', text: String(count) };
}
