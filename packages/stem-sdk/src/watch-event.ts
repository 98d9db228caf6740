import type { WatchEvent, WatchResetReason } from '@xir/kv4-core';
import { readDeletedAddress, readRecord, readVersionText } from './datum.ts';
import { errorOfAnswer, SdkError } from './errors.ts';
import type { ServerSentEvent } from './event-stream.ts';

const RESET_REASONS: readonly WatchResetReason[] = ['database-recreated', 'database-restored', 'position-unknown', 'slow-consumer', 'resync'];

/**
 * Reads one event of a watch. Events of kinds that are not known are passed over (`undefined`). Throws `SDK_BAD_RESPONSE`, or the
 * `Kv4Error` of an `error` event, with which the neuron ends a watch that it cannot go on with.
 */
export function readWatchEvent({ event, data, id: position }: ServerSentEvent): WatchEvent | undefined {
  switch (event) {
    case 'put': {
      const fields = fieldsOf(data);
      return { type: 'put', position, record: readRecord(fields), ...previousOf(fields) };
    }
    case 'delete': {
      const fields = fieldsOf(data);
      return { type: 'delete', position, address: readDeletedAddress(fields), ...(fields['_id'] === undefined ? {} : { version: readVersionText(fields['_id']) }), ...previousOf(fields) };
    }
    case 'end-of-initial':
      return { type: 'end-of-initial', position };
    case 'reset': {
      const given = fieldsOf(data)['reason'];
      return { type: 'reset', position, reason: RESET_REASONS.find((reason) => reason === given) ?? 'resync' };
    }
    case 'error': {
      const given = fieldsOf(data)['v'];
      throw errorOfAnswer({ errorString: typeof given === 'string' ? given : 'internal' }, 'watch');
    }
    default:
      return undefined;
  }
}

function previousOf(fields: Readonly<Record<string, unknown>>) {
  const { previous } = fields;
  return previous === undefined || previous === null ? {} : { previous: readRecord(previous) };
}

function fieldsOf(data: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new SdkError('SDK_BAD_RESPONSE', 'an event of the neuron is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new SdkError('SDK_BAD_RESPONSE', 'an event of the neuron is not an object');
  return value as Readonly<Record<string, unknown>>;
}
