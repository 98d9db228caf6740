/** A sequence or body number as a key: 6 bytes, big-endian, so that key order is number order. */
export function numberKey(value: number): Buffer {
  const key = Buffer.allocUnsafe(6);
  key.writeUIntBE(value, 0, 6);
  return key;
}

/** A document id as a key: its bytes in UTF-8, so that key order is CouchDB's order of `_all_docs`. */
export function idKey(id: string): Buffer {
  return Buffer.from(id, 'utf8');
}

export const STATE_KEY = Buffer.from('state');
export const SETTINGS_KEY = Buffer.from('settings');
