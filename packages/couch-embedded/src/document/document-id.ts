import { badRequest, illegalDocumentId } from '../couch-error.ts';
import { MAX_KEY_BYTES } from '../storage/tables.ts';

/** The longest document id, in bytes of UTF-8. CouchDB's own default is no limit. */
export const MAX_DOCUMENT_ID_BYTES = MAX_KEY_BYTES - 26;

/** Checks an id as CouchDB does; throws `illegal_docid`. Local documents are not stored by these rules. */
export function checkDocumentId(id: unknown): asserts id is string {
  if (typeof id !== 'string') throw illegalDocumentId('Document id must be a string');
  if (id === '') throw illegalDocumentId('Document id must not be empty');
  if (id.startsWith('_') && !isSpecialId(id, '_design/')) throw illegalDocumentId('Only reserved document ids may start with underscore.');
  if (!isWellFormed(id)) throw illegalDocumentId('Document id must be valid UTF-8');
  if (Buffer.byteLength(id) > MAX_DOCUMENT_ID_BYTES) throw illegalDocumentId('Document id is too long');
  if (id.includes('\0')) throw illegalDocumentId('Document id must not contain NUL');
}

/** Checks `_local/<name>`. */
export function checkLocalId(id: string): void {
  if (!isSpecialId(id, '_local/')) throw illegalDocumentId('Illegal document id `_local/`');
  if (!isWellFormed(id) || Buffer.byteLength(id) > MAX_DOCUMENT_ID_BYTES) throw badRequest('Document id is too long');
}

function isSpecialId(id: string, prefix: string): boolean {
  return id.startsWith(prefix) && id.length > prefix.length;
}

/** No lone surrogates: they have no UTF-8. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
