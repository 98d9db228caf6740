import { crc32 } from 'node:zlib';
import { EmbeddedError } from '../errors.ts';

/** An attachment as a stored revision names it. */
export interface StoredAttachment {
  readonly name: string;
  readonly contentType: string;
  readonly revpos: number;
  /** `md5-<base64>`, as CouchDB writes it. */
  readonly digest: string;
  readonly length: number;
  /** SHA-256 of the data in hexadecimal: where it is stored. */
  readonly key: string;
}

/** The body of one revision. */
export interface StoredBody {
  /** The document as JSON, `_id` and `_rev` included, `_attachments` not. */
  readonly json: Buffer;
  readonly attachments: readonly StoredAttachment[];
}

const HEADER_BYTES = 8;

/** Layout: CRC-32 of the rest (4 bytes), length of the attachments' JSON (4; 0: none), that JSON, the document's JSON. */
export function encodeBody(json: string, attachments: readonly StoredAttachment[]): Buffer {
  const list = attachments.length === 0 ? '' : JSON.stringify(attachments);
  const listBytes = Buffer.byteLength(list);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + listBytes + Buffer.byteLength(json));
  bytes.writeUInt32BE(listBytes, 4);
  if (listBytes > 0) bytes.write(list, HEADER_BYTES);
  bytes.write(json, HEADER_BYTES + listBytes);
  bytes.writeUInt32BE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** The inverse, without copying; throws `EMBEDDED_CORRUPT` when the bytes are not those that were written. */
export function decodeBody(bytes: Buffer): StoredBody {
  if (bytes.length < HEADER_BYTES || crc32(bytes.subarray(4)) !== bytes.readUInt32BE(0)) {
    throw new EmbeddedError('EMBEDDED_CORRUPT', 'a stored document does not match its checksum');
  }
  const listBytes = bytes.readUInt32BE(4);
  if (listBytes === 0) return { json: bytes.subarray(HEADER_BYTES), attachments: [] };
  const list = bytes.toString('utf8', HEADER_BYTES, HEADER_BYTES + listBytes);
  return { json: bytes.subarray(HEADER_BYTES + listBytes), attachments: JSON.parse(list) as StoredAttachment[] };
}

/** Whether a stored body names attachments, without reading the rest of it. */
export function hasAttachments(bytes: Buffer): boolean {
  return bytes.length >= HEADER_BYTES && bytes.readUInt32BE(4) > 0;
}
