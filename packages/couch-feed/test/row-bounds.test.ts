import { expect, it } from 'vitest';
import { ChangeRow } from '../src/change-row.ts';
import { newRowScan, revisionStart, scanRow } from '../src/row-scanner.ts';

const ROW = '{"seq":"5-g1","id":"d!b!l!p!!k","changes":[{"rev":"2-abc"},{"rev":"1-def"}],"deleted":true,"doc":{"_id":"d!b!l!p!!k","n":[1]}}';

/** What is read of a row of which only the first bytes are there, closed or not, in bytes that go on with something else. */
function readIn(text: string, behind: string, lengthBytes?: number): unknown {
  const bytes = Buffer.from(`${text}${behind}`);
  const end = Buffer.byteLength(text);
  const scan = newRowScan();
  if (!scanRow(bytes, 0, end, scan)) return 'of another shape';
  const { seqStart, seqEnd, idEnd } = scan;
  const row = ChangeRow.scanned('k', bytes, { places: { start: 0, end, seqStart, seqEnd, idEnd }, ...(lengthBytes === undefined ? {} : { lengthBytes }) });
  return { seq: row.seq, revs: row.revs, deleted: row.deleted, doc: row.docBytes()?.toString(), problem: row.problem, revision: revisionStart(bytes, idEnd, end) };
}

it('P13: a row is read within its own bytes, whatever lies behind them', () => {
  for (let cut = 0; cut <= ROW.length; cut += 1) {
    for (const closing of ['', '}', ']', '"}']) {
      const text = ROW.slice(0, cut) + closing;
      for (const behind of [ROW.slice(cut), ROW.slice(cut + closing.length), '}', ']}', ',{"rev":"9-x"}]}', '"}]}']) {
        expect(readIn(text, behind), `${text} before ${behind}`).toEqual(readIn(text, ''));
        expect(readIn(text, behind, 1000), `the beginning ${text} before ${behind}`).toEqual(readIn(text, '', 1000));
      }
    }
  }
});
