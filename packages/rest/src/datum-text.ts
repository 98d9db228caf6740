import type { Kv4Record, Kv4Version } from '@xir/kv4-core';
import { withVersionText } from '@xir/protocol';

/** A record as `as=datum` shows it, as JSON text. */
export function datumText(record: Kv4Record, valueText: string = record.valueText): string {
  const { bucket, layer, path, key } = record.address;
  return (
    `{"w":${JSON.stringify(bucket)},"k":${JSON.stringify(key)},"l":${JSON.stringify(layer)},"p":${JSON.stringify(path)},` +
    `"t":${Math.floor(record.timeMs / 1000)},"m":${JSON.stringify(record.secondary)},"v":${withVersionText(valueText, record.version)},` +
    `"s":"c","a":${JSON.stringify(record.author)},"_id":"${record.version}","_rev":${JSON.stringify(record.revision ?? '')}` +
    (record.expiresAtMs === undefined ? '}' : `,"x":${record.expiresAtMs}}`)
  );
}

/** A version of a series as `as=datum` shows it, as JSON text: like a record, with `gone` for a deletion. */
export function versionDatumText(version: Kv4Version, valueText: string): string {
  const { bucket, layer, path, key } = version.address;
  return (
    `{"w":${JSON.stringify(bucket)},"k":${JSON.stringify(key)},"l":${JSON.stringify(layer)},"p":${JSON.stringify(path)},` +
    `"t":${Math.floor(version.timeMs / 1000)},"m":{},"v":${withVersionText(valueText, version.version)},` +
    `"s":"c","a":${JSON.stringify(version.author)},"_id":"${version.version}","_rev":"","gone":${version.deleted}}`
  );
}

/** A row of a v3 time series, as JSON text: unix seconds, author, value; the value of a deletion is null. */
export function seriesRowText(version: Kv4Version, valueText: string): string {
  return `[${Math.floor(version.timeMs / 1000)},${JSON.stringify(version.author)},${version.deleted ? 'null' : withVersionText(valueText, version.version)}]`;
}
