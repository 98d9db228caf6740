import type { Kv4Record, Kv4Version, WriteResult } from './record.ts';
import type { WatchEvent } from './watch.ts';

/** A record without its address, which whoever asked knows, as JSON text. Hot. */
export function recordText(record: Kv4Record): string {
  return '{' + recordFields(record) + '}';
}

/** A record with its path and key, as JSON text. */
export function placedRecordText(record: Kv4Record): string {
  return '{' + placeFields(record.address) + recordFields(record) + '}';
}

function placeFields({ path, key }: { readonly path: string; readonly key: string }): string {
  return `"path":${JSON.stringify(path)},"key":${JSON.stringify(key)},`;
}

function recordFields(record: Kv4Record): string {
  const { secondary, expiresAtMs, revision } = record;
  let text = '"value":' + record.valueText + ',"version":"' + record.version + '","timeMs":' + record.timeMs + ',"author":' + JSON.stringify(record.author);
  for (const _name in secondary) {
    text += ',"secondary":' + JSON.stringify(secondary);
    break;
  }
  if (expiresAtMs !== undefined) text += ',"expiresAtMs":' + expiresAtMs;
  if (revision !== undefined) text += ',"revision":' + JSON.stringify(revision);
  return text;
}

/** A version of a series, without its address, as JSON text. */
export function versionText(version: Kv4Version): string {
  return `{${versionFields(version)}}`;
}

/** A version with its path and key, as JSON text. */
export function placedVersionText(version: Kv4Version): string {
  return `{${placeFields(version.address)}${versionFields(version)}}`;
}

function versionFields({ value, version, timeMs, author, deleted }: Kv4Version): string {
  return `"value":${JSON.stringify(value)},"version":"${version}","timeMs":${timeMs},"author":${JSON.stringify(author)},"deleted":${deleted}`;
}

/** What became of a write, as JSON text. */
export function writeText({ version, timeMs, durable, record }: WriteResult, withRecord: boolean): string {
  const shown = withRecord && record !== undefined ? `,"record":${recordText(record)}` : '';
  return `{"version":"${version}","timeMs":${timeMs},"durable":${durable}${shown}}`;
}

/** A page of items that are JSON text already, as JSON text. */
export function pageText(items: readonly string[], next: string | undefined): string {
  return `{"items":[${items.join(',')}]${next === undefined ? '' : `,"next":${JSON.stringify(next)}`}}`;
}

/** An event of a watch, as JSON text: `event`, `position`, and what belongs to it. */
export function watchEventText(event: WatchEvent): string {
  const start = `{"event":"${event.type}","position":${JSON.stringify(event.position)}`;
  switch (event.type) {
    case 'put':
      return `${start},"record":${placedRecordText(event.record)}${previousText(event.previous)}}`;
    case 'delete': {
      const { path, key } = event.address;
      const version = event.version === undefined ? '' : `,"version":"${event.version}"`;
      return `${start},"path":${JSON.stringify(path)},"key":${JSON.stringify(key)}${version}${previousText(event.previous)}}`;
    }
    case 'end-of-initial':
      return `${start}}`;
    case 'reset':
      return `${start},"reason":"${event.reason}"}`;
  }
}

function previousText(previous: Kv4Record | undefined): string {
  return previous === undefined ? '' : `,"previous":${placedRecordText(previous)}`;
}
