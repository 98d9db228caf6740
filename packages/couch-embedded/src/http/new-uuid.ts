import { randomBytes } from 'node:crypto';

/** A fresh identifier in CouchDB's form: 32 hexadecimal digits. */
export function newUuid(): string {
  return randomBytes(16).toString('hex');
}
