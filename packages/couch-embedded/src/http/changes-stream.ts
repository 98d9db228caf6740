import type { Database } from '../storage/database.ts';
import { changeMembers, changeRowBody, changeRowId, ROW_HEADER_BYTES, ROW_SEVERAL_LEAVES } from '../storage/change-row.ts';
import { numberKey } from '../storage/keys.ts';
import { documentJson } from '../document/document-read.ts';
import { decodeBody, hasAttachments } from '../storage/stored-body.ts';
import { leavesOf, winnerOf } from '../tree/revision-tree.ts';
import { EmbeddedError } from '../errors.ts';
import type { ChangesRequest } from './changes-request.ts';
import type { Output } from './output.ts';

/** Rows read from the engine at a time. */
const ROWS_PER_READ = 256;

/** What surrounds a row on the wire. */
export interface RowFraming {
  before(): string;
  after(sequence: string): string;
}

/** How far a stream of rows came. */
export interface StreamPosition {
  /** The last sequence looked at. */
  sequence: number;
  /** Rows still allowed. */
  remaining: number;
}

/** One answer of a feed: what is asked for, how far it came, and where it goes. */
export interface ChangesAnswer {
  readonly database: Database;
  readonly request: ChangesRequest;
  readonly position: StreamPosition;
  readonly framing: RowFraming;
  readonly output: Output;
}

/**
 * Sends the rows after `position` up to the last one there is, in pieces, waiting for a slow reader between them. Each piece goes up to what is readable in its own turn: a row that was
 * replaced since the piece before is found where it is now.
 */
export async function streamChanges(answer: ChangesAnswer): Promise<void> {
  const { database, position, output } = answer;
  while (position.remaining > 0 && !output.isClosed && !database.closed) {
    if (!sendRows(answer)) break;
    if (output.needsDrain) await output.drain();
  }
}

/** As {@link streamChanges}, newest first; `position.sequence` ends at the last row sent. */
export async function streamDescending(answer: ChangesAnswer): Promise<void> {
  const { database, position, output } = answer;
  let below = database.readableSequence + 1;
  const writer = new RowWriter(answer);
  while (position.remaining > 0 && below > 1 && !output.isClosed && !database.closed) {
    const rows = [...database.tables.range('changes', { start: numberKey(below - 1), end: numberKey(0), reverse: true, limit: ROWS_PER_READ })];
    if (rows.length === 0) break;
    for (const { key, value } of rows) {
      below = key.readUIntBE(0, 6);
      if (position.remaining === 0) break;
      if (!writer.send(below, value)) continue;
      position.remaining -= 1;
      position.sequence = below;
    }
    if (output.needsDrain) await output.drain();
  }
}

/** One read of the engine, in one turn; false when nothing is left behind it. */
function sendRows(answer: ChangesAnswer): boolean {
  const { database, position } = answer;
  const end = database.readableSequence;
  if (position.sequence >= end) return false;
  const limit = Math.min(ROWS_PER_READ, position.remaining);
  const rows = [...database.tables.range('changes', { start: numberKey(position.sequence + 1), end: numberKey(end + 1), limit })];
  const writer = new RowWriter(answer);
  for (const { key, value } of rows) {
    const sequence = key.readUIntBE(0, 6);
    const sent = writer.send(sequence, value);
    position.sequence = sequence;
    if (sent) position.remaining -= 1;
    if (position.remaining === 0) break;
  }
  if (rows.length === limit) return true;
  position.sequence = end;
  return false;
}

class RowWriter {
  readonly #database: Database;
  readonly #request: ChangesRequest;
  readonly #framing: RowFraming;
  readonly #output: Output;
  readonly #suffix: string;
  /** Neither filter nor other leaves nor conflicts: the stored bytes are the answer. */
  readonly #plain: boolean;

  constructor({ database, request, framing, output }: ChangesAnswer) {
    this.#database = database;
    this.#request = request;
    this.#framing = framing;
    this.#output = output;
    this.#suffix = database.sequences.suffix;
    this.#plain = request.filter === undefined && !request.conflicts && !request.attachments;
  }

  /** Sends the row unless the filter drops it. */
  send(sequence: number, row: Buffer): boolean {
    const several = ((row[0] as number) & ROW_SEVERAL_LEAVES) !== 0;
    const id = this.#plain && !several ? '' : changeRowId(row);
    if (this.#request.filter !== undefined && !this.#request.filter.matches(id, () => this.#document(row))) return false;
    const output = this.#output;
    output.text(`${this.#framing.before()}{"seq":"${sequence}${this.#suffix}",`);
    if (several && this.#request.allLeaves) output.text(this.#allLeaves(id));
    else output.bytes(row, ROW_HEADER_BYTES);
    if (this.#request.includeDocs) this.#sendDocument(id, row, several);
    output.text(`}${this.#framing.after(`${sequence}${this.#suffix}`)}`);
    return true;
  }

  #sendDocument(id: string, row: Buffer, several: boolean): void {
    this.#output.text(',"doc":');
    const bytes = this.#database.tables.peek('bodies', numberKey(changeRowBody(row)));
    if (bytes === undefined) throw new EmbeddedError('EMBEDDED_CORRUPT', 'a row of the feed has lost its document');
    if ((several && this.#request.conflicts) || hasAttachments(bytes)) {
      const documentId = id === '' ? changeRowId(row) : id;
      const record = this.#database.record(documentId);
      if (record === undefined) throw new EmbeddedError('EMBEDDED_CORRUPT', 'a row of the feed has lost its record');
      const { conflicts, attachments } = this.#request;
      this.#output.bytes(documentJson(this.#database, record, winnerOf(record.tree), { conflicts, attachments }));
      return;
    }
    this.#output.bytes(decodeBody(bytes).json);
  }

  #document(row: Buffer): unknown {
    const body = this.#database.body(changeRowBody(row));
    return body === undefined ? {} : (JSON.parse(body.json.toString('utf8')) as unknown);
  }

  #allLeaves(id: string): string {
    const record = this.#database.record(id);
    if (record === undefined) throw new EmbeddedError('EMBEDDED_CORRUPT', 'a row of the feed has lost its record');
    return changeMembers(id, leavesOf(record.tree));
  }
}
