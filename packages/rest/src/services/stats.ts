import { parseTimeGroup, TIME_UNITS, type Accumulator, type JsonValue, type TimeUnit } from '@xir/kv4-core';
import { isTruthy, type BodyObject, type Query } from '@xir/protocol';

import { bucketScope } from '../bucket-scope.ts';
import { RestError } from '../errors.ts';
import { timeUnit } from '../key-reading.ts';
import { spanOptions } from '../read-parameters.ts';
import type { Service, ServiceRequest, ValueAnswer } from '../service.ts';
import type { MeasureAddress } from '../stats-entry.ts';
import { queryStats } from '../stats-query.ts';
import { requireBody } from '../write-parameters.ts';

/** Longest name of a measure, in characters. */
export const MAX_MEASURE_CHARACTERS = 64;
/** Longest key of a measurement, in characters. */
export const MAX_STATS_KEY_CHARACTERS = 255;

/** `_stats`: measurements, added up by the minute. */
export const statsService: Service = {
  methods: ['GET', 'PUT', 'POST'],
  async handle(request) {
    const { bucket } = await bucketScope(request);
    return request.method === 'GET' ? query(request, bucket) : post(request, bucket);
  },
};

async function post(request: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const body = requireBody(request);
  if (body['v'] === undefined) throw new RestError('REST_VALUE_MISSING', 'the body holds no v');
  const measures = readMeasures(body['v']);
  const address = measureAddress(request, bucket, body);
  const { stats } = request.context;
  const { key: _key, ...total } = address;
  stats.add(total, measures);
  if (address.key !== undefined) stats.add(address, measures);
  return { kind: 'value', text: '{}' };
}

async function query(request: ServiceRequest, bucket: string): Promise<ValueAnswer> {
  const { context, query: parameters, signal } = request;
  const groupBy = grouping(request);
  const span = spanOptions(parameters);
  const result = await queryStats(context.store, measureAddress(request, bucket, {}), {
    ...span,
    ...(groupBy === undefined ? {} : { groupBy }),
    signal,
  });
  if (result.total === undefined) return { kind: 'value', text: '[]' };
  if (groupBy === undefined) return { kind: 'value', text: JSON.stringify(shown(result.total)) };
  return { kind: 'value', text: JSON.stringify(Object.fromEntries([...result.groups].map(([name, measures]) => [name, shown(measures)]))) };
}

function shown({ sum, min, max, count }: Accumulator): Accumulator {
  return { sum, min, max, count };
}

function measureAddress(request: ServiceRequest, bucket: string, body: BodyObject): MeasureAddress {
  const measure = body['l'] ?? request.query.get('l');
  if (typeof measure !== 'string' || !/^[A-Za-z][\w.:-]*$/.test(measure) || measure.length > MAX_MEASURE_CHARACTERS) {
    throw new RestError('REST_LAYER_NOT_ALLOWED', 'l must name a measure, such as router:pkt');
  }
  const key = body['k'] ?? request.query.get('k');
  if (key === undefined || key === null || key === '') return { bucket, measure, entity: request.path };
  if (typeof key !== 'string' || key.length > MAX_STATS_KEY_CHARACTERS || key.includes('/')) throw new RestError('REST_BAD_NAME', 'k must be a short text without slashes');
  return { bucket, measure, entity: request.path, key };
}

function readMeasures(value: JsonValue): Accumulator {
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) return readMeasures(Number(value));
  if (typeof value === 'number') return { sum: value, min: value, max: value, count: 1 };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { sum, min, max, count } = value;
    if (typeof sum === 'number' && typeof min === 'number' && typeof max === 'number' && typeof count === 'number' && Number.isSafeInteger(count) && count > 0 && min <= max) {
      return { sum, min, max, count };
    }
  }
  throw new RestError('REST_BAD_VALUE', 'v must be a number, or an object of sum, min, max and count');
}

/**
 * The unit of a break-down. `break=1` means the unit below that of `gs`, and hours without one; a unit may be named. The root
 * entity with both `gs` and `ge` is always broken down, as v3 did.
 */
function grouping(request: ServiceRequest): TimeUnit | undefined {
  const { query: parameters, path } = request;
  const asked = parameters.get('break');
  const always = path === '/' && parameters.has('gs') && parameters.has('ge');
  if (!isTruthy(asked) && !always) return undefined;
  if (asked !== undefined && /^[a-z]+$/.test(asked) && asked !== 'true') return timeUnit(asked);
  return unitBelow(parameters);
}

function unitBelow(parameters: Query): TimeUnit {
  const gs = parameters.get('gs');
  if (gs === undefined || gs === '') return 'hour';
  const below = TIME_UNITS[TIME_UNITS.indexOf(parseTimeGroup(gs).unit) + 1];
  return below === undefined || below === 'second' ? 'minute' : below;
}
