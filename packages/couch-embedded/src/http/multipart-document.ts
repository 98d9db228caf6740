import { randomBytes } from 'node:crypto';
import { CouchRefusal } from '../couch-error.ts';
import type { Exchange } from './exchange.ts';

/** Answers `open_revs` as `multipart/mixed`; a missing revision is a part of its own. */
export function sendMultipartDocument(exchange: Exchange, found: readonly Buffer[], missing: readonly string[]): void {
  const boundary = randomBytes(16).toString('hex');
  const parts: Buffer[] = [];
  for (const json of found) parts.push(Buffer.from(`--${boundary}\r\nContent-Type: application/json\r\n\r\n`), json, Buffer.from('\r\n'));
  for (const rev of missing) {
    parts.push(Buffer.from(`--${boundary}\r\nContent-Type: application/json; error="true"\r\n\r\n${JSON.stringify({ missing: rev })}\r\n`));
  }
  parts.push(Buffer.from(`--${boundary}--`));
  const body = Buffer.concat(parts);
  exchange.writeHead(200, { 'Content-Type': `multipart/mixed; boundary="${boundary}"`, 'Content-Length': String(body.length) });
  exchange.response.end(exchange.method === 'HEAD' ? undefined : body);
}

/** Reads a document whose attachments follow as parts. */
export async function readMultipartDocument(_exchange: Exchange, _type: string): Promise<unknown> {
  throw new CouchRefusal(415, 'bad_content_type', 'Content-Type must be application/json');
}
