import { bucketScope } from '../bucket-scope.ts';
import { RestError } from '../errors.ts';
import { pagedAnswer } from '../list-answer.ts';
import { readLayers, readPaths } from '../path-reading.ts';
import type { Service } from '../service.ts';

/** `_ds`: which layers, paths and keys there are. */
export const discoveryService: Service = {
  methods: ['GET'],
  async handle(request) {
    const { bucket, sinceMs } = await bucketScope(request);
    const { query, path, context } = request;
    const what = query.get('a') ?? '';
    if (what === '' || what === 'layers') return readLayers(request, bucket);
    if (what !== 'paths' && what !== 'keys') throw new RestError('REST_BAD_OPTION', 'a must be layers, paths or keys');
    const layer = query.get('l') ?? '';
    if (layer === '') throw new RestError('REST_LAYER_NOT_ALLOWED', 'the layer is missing');
    const address = { bucket, layer, path };
    if (what === 'paths') return readPaths(request, { address, sinceMs }, (found) => JSON.stringify(found));
    return pagedAnswer(request, (page) => context.store.keys(address, page), (key) => JSON.stringify(key));
  },
};
