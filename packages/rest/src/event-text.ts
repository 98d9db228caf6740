import type { WatchEvent } from '@xir/kv4-core';

import { datumText } from './datum-text.ts';

/** A watch event as a server-sent event (WHATWG HTML, 9.2): the position as id, the kind as event, JSON as data. */
export function eventText(event: WatchEvent): string {
  return `id: ${event.position.replace(/[\r\n\0]/g, '')}\nevent: ${event.type}\ndata: ${eventData(event)}\n\n`;
}

function eventData(event: WatchEvent): string {
  switch (event.type) {
    case 'put': {
      const record = datumText(event.record);
      return event.previous === undefined ? record : `${record.slice(0, -1)},"previous":${datumText(event.previous)}}`;
    }
    case 'delete': {
      const { bucket, layer, path, key } = event.address;
      const version = event.version === undefined ? '' : `,"_id":${JSON.stringify(event.version)}`;
      const previous = event.previous === undefined ? '' : `,"previous":${datumText(event.previous)}`;
      return `{"w":${JSON.stringify(bucket)},"k":${JSON.stringify(key)},"l":${JSON.stringify(layer)},"p":${JSON.stringify(path)}${version}${previous}}`;
    }
    case 'end-of-initial':
      return '{}';
    case 'reset':
      return `{"reason":${JSON.stringify(event.reason)}}`;
  }
}
