import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';
import type { Transform } from 'node:stream';
import { promisify } from 'node:util';

/** A content coding (RFC 9110, 8.4.1) that answers may have. */
export type ContentCoding = 'br' | 'gzip';

const gzipBytes = promisify(gzip);
const brotliBytes = promisify(brotliCompress);
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

/** The best coding a client accepts (`Accept-Encoding`), or `undefined` for none. */
export function acceptedCoding(header: string | string[] | undefined): ContentCoding | undefined {
  if (header === undefined) return undefined;
  const accepted = new Set<string>();
  for (const part of String(header).toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    if (!parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))) accepted.add(coding);
  }
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') ? 'gzip' : undefined;
}

/** Compresses a whole text. */
export function compressText(text: string, coding: ContentCoding): Promise<Buffer> {
  return coding === 'br' ? brotliBytes(text, BROTLI_OPTIONS) : gzipBytes(text);
}

/** A stream that compresses. */
export function compressor(coding: ContentCoding): Transform {
  return coding === 'br' ? createBrotliCompress(BROTLI_OPTIONS) : createGzip();
}
