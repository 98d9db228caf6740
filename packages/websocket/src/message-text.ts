import type { Kv4Record, Kv4Version, WatchEvent, WriteResult } from '@xir/kv4-core';
import type { WebSocketErrorBody, WebSocketId } from '@xir/protocol';

/** What was found, as JSON text. */
export interface Outcome {
  readonly text: string;
  /** The age of a cached answer, in milliseconds. */
  readonly ageMs?: number | undefined;
}

/** The text of an id. */
export function idText(id: WebSocketId | null): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id);
}

/** An answer. Hot. */
export function answerText(id: WebSocketId, { text, ageMs }: Outcome): string {
  const age = ageText(ageMs);
  return '{"id":' + idText(id) + ',"result":' + text + age + '}';
}

/** `,"ageMs":…`, or nothing where the age is not known. */
export function ageText(ageMs: number | undefined): string {
  return ageMs === undefined || !Number.isFinite(ageMs) ? '' : ',"ageMs":' + Math.round(ageMs);
}

/** A failed answer. */
export function failureText(id: WebSocketId | null, error: WebSocketErrorBody): string {
  return `{"id":${idText(id)},"error":${JSON.stringify(error)}}`;
}

/** A record without its address, which the client knows. Hot. */
export function recordText(record: Kv4Record): string {
  return '{' + recordFields(record) + '}';
}

/** A record with the part of its address that the request did not name. */
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

/** A version of a series. */
export function versionText(version: Kv4Version): string {
  return `{${versionFields(version)}}`;
}

/** A version with the part of its address that the request did not name. */
export function placedVersionText(version: Kv4Version): string {
  return `{${placeFields(version.address)}${versionFields(version)}}`;
}

function versionFields({ value, version, timeMs, author, deleted }: Kv4Version): string {
  return `"value":${JSON.stringify(value)},"version":"${version}","timeMs":${timeMs},"author":${JSON.stringify(author)},"deleted":${deleted}`;
}

/** What a write answers. */
export function writeText({ version, timeMs, durable, record }: WriteResult, withRecord: boolean): string {
  const shown = withRecord && record !== undefined ? `,"record":${recordText(record)}` : '';
  return `{"version":"${version}","timeMs":${timeMs},"durable":${durable}${shown}}`;
}

/** A page of items that are JSON text already. */
export function pageText(items: readonly string[], next: string | undefined): string {
  return `{"items":[${items.join(',')}]${next === undefined ? '' : `,"next":${JSON.stringify(next)}`}}`;
}

/** An event of a watch. */
export function eventText(watch: WebSocketId, event: WatchEvent): string {
  const start = `{"watch":${idText(watch)},"event":"${event.type}","position":${JSON.stringify(event.position)}`;
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

/** The last word of a watch that the client did not stop itself. */
export function endText(watch: WebSocketId, error: WebSocketErrorBody | undefined): string {
  return `{"watch":${idText(watch)},"event":"end"${error === undefined ? '' : `,"error":${JSON.stringify(error)}`}}`;
}

/** Told to every client when the neuron drains. */
export function goAwayText(graceMs: number): string {
  return `{"notice":"go-away","graceMs":${graceMs}}`;
}
