import { bucketScope } from '../bucket-scope.ts';
import { RestError } from '../errors.ts';
import { namesKey, readKey, type Reading } from '../key-reading.ts';
import { deleteKeys, writeKey } from '../key-writing.ts';
import { asksForWatch, readPath, watchPath } from '../path-reading.ts';
import type { Service, ServiceAnswer, ServiceRequest } from '../service.ts';

/** The layer of user data. */
export const DATA_LAYER = '*data';

/** The layer in which neurons say that they live; it holds no secrets. */
const LEASE_LAYER = '*leases';

/** `_data`: values at paths. */
export const dataService: Service = {
  methods: ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'],
  async handle(request): Promise<ServiceAnswer> {
    const { bucket, sinceMs } = await bucketScope(request);
    const address = { bucket, layer: dataLayer(request, bucket), path: request.path };
    if (request.method === 'DELETE') return deleteKeys(request, address);
    if (request.method !== 'GET') return writeKey(request, address);
    const reading: Reading = { address, sinceMs };
    if (asksForWatch(request)) return watchPath(request, reading);
    return namesKey(request.query) ? readKey(request, reading) : readPath(request, reading);
  },
};

/** `l` chooses among the account's own layers: names without `*`, and `*data…`; the system account may read who its neurons are, too. Throws `REST_LAYER_NOT_ALLOWED` for the system's other layers. */
function dataLayer(request: ServiceRequest, bucket: string): string {
  const layer = request.query.get('l');
  if (layer === undefined || layer === '' || layer === DATA_LAYER) return DATA_LAYER;
  if (layer === LEASE_LAYER && bucket === '$sys' && request.method === 'GET') return layer;
  if (layer.startsWith('*') && !layer.startsWith('*data:')) throw new RestError('REST_LAYER_NOT_ALLOWED', 'this layer belongs to another service');
  return layer;
}
