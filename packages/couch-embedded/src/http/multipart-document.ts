import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { badRequest, CouchRefusal } from '../couch-error.ts';
import { isObject } from '../document/document-edit.ts';
import { parseJson, type Exchange } from './exchange.ts';

const unzip = promisify(gunzip);

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

/**
 * Reads a document whose attachments follow as parts, as CouchDB's replicator sends them (`multipart/related`, the document
 * first, then one part for each attachment marked `follows`, in the document's order or named by `Content-Disposition`).
 */
export async function readMultipartDocument(exchange: Exchange, type: string): Promise<unknown> {
  const boundary = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(type);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) throw badRequest('missing multipart boundary');
  const [first, ...rest] = splitParts(await exchange.readBody(), mark);
  if (first === undefined) throw badRequest('multipart body has no document');
  const document = parseJson(first.body);
  if (!isObject(document)) throw badRequest('Document must be a JSON object');
  if (isObject(document['_attachments'])) await insertData(document['_attachments'], rest, exchange.maxBodyBytes);
  return document;
}

interface Part {
  readonly headers: string;
  readonly body: Buffer;
}

async function insertData(attachments: Record<string, unknown>, parts: readonly Part[], maxBytes: number): Promise<void> {
  const unnamed = parts.filter((part) => nameOf(part) === undefined);
  for (const [name, attachment] of Object.entries(attachments)) {
    if (!isObject(attachment) || attachment['follows'] !== true) continue;
    const part = parts.find((candidate) => nameOf(candidate) === name) ?? unnamed.shift();
    if (part === undefined) throw badRequest(`multipart body lacks the data of attachment ${name}`);
    const data = attachment['encoding'] === 'gzip' ? await decompress(part.body, maxBytes) : part.body;
    if (attachment['encoding'] !== 'gzip') delete attachment['digest'];
    attachment['data'] = data.toString('base64');
    delete attachment['follows'];
  }
}

async function decompress(data: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await unzip(data, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new CouchRefusal(400, 'bad_request', 'an attachment is not valid gzip', { cause: error });
  }
}

function nameOf(part: Part): string | undefined {
  return /^content-disposition:.*filename="((?:[^"\\]|\\.)*)"/im.exec(part.headers)?.[1]?.replace(/\\(.)/g, '$1');
}

function splitParts(body: Buffer, boundary: string): Part[] {
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  for (let at = body.indexOf(delimiter); at >= 0; ) {
    const start = at + delimiter.length;
    const next = body.indexOf(Buffer.from(`\r\n--${boundary}`), start);
    if (next < 0 || body.toString('latin1', start, start + 2) === '--') break;
    const head = body.indexOf('\r\n\r\n', start);
    // A part without headers begins with an empty line.
    if (head < 0 || head > next) throw badRequest('malformed multipart body');
    parts.push({ headers: body.toString('utf8', start + 2, head), body: body.subarray(head + 4, next) });
    at = next + 2;
  }
  return parts;
}
