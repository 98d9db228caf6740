import { ChangesParser } from '@xir/couch-feed';

/** Measures the parser alone: rows per second and bytes per second for wanted and unwanted rows. Run with `npx tsx --conditions=@xir/source measure.ts`. */
const SEQ = `g1AAAACbeJzLYWBgYMpgTmEQTM4vTc5ISXIwNDLXMwBCwxyQVCJDUv3___-zMpgTGXOBAuzppmZpicaYGpPTADYXb9oWTfwWUW`;
const ROWS = 200_000;
const PIECE_BYTES = 65_536;
const ROUNDS = 8;

function corpus(documentBytes: number): Buffer[] {
  let text = '';
  for (let n = 0; n < ROWS / Math.max(1, documentBytes / 256); n += 1) {
    const rev = `3-${String(n).padStart(32, '0')}`;
    const id = `d!cool!data!a!b!!key-${n}`;
    const doc = documentBytes === 0 ? '' : `,"doc":{"_id":"${id}","_rev":"${rev}","value":"${'v'.repeat(documentBytes)}"}`;
    text += `{"seq":"${n}-${SEQ}","id":"${id}","changes":[{"rev":"${rev}"}]${doc}}\n`;
  }
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) pieces.push(bytes.subarray(at, at + PIECE_BYTES));
  return pieces;
}

function measure(name: string, pieces: readonly Buffer[], wanted: boolean, use: 'row' | 'revs' | 'doc' | 'passed'): void {
  let best = { rowsPerSecond: 0, megabytesPerSecond: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    let passed = 0;
    const parser = new ChangesParser({ wanted: () => wanted, ...(use === 'passed' ? { passed: (_, revision) => (passed += revision === undefined ? 0 : 1) } : {}) });
    let rows = 0;
    let bytes = 0;
    const startedAtMs = performance.now();
    for (const piece of pieces) {
      const changes = parser.push(piece);
      rows += changes.scanned;
      bytes += piece.length;
      if (use === 'revs') for (const row of changes.rows) row.revs.at(0);
      if (use === 'doc') for (const row of changes.rows) row.doc();
    }
    const seconds = (performance.now() - startedAtMs) / 1000;
    if (rows / seconds > best.rowsPerSecond) best = { rowsPerSecond: rows / seconds, megabytesPerSecond: bytes / seconds / 1e6 };
  }
  console.log(`${name}: ${Math.round(best.rowsPerSecond).toLocaleString('en')} rows/s, ${Math.round(best.megabytesPerSecond)} MB/s`);
}

const bare = corpus(0);
const small = corpus(512);
const large = corpus(8192);
measure('unwanted, without documents', bare, false, 'row');
measure('unwanted, 512-byte documents', small, false, 'row');
measure('unwanted, without documents, revision told', bare, false, 'passed');
measure('unwanted, 512-byte documents, revision told', small, false, 'passed');
measure('unwanted, 8 KiB documents', large, false, 'row');
measure('wanted, without documents, revisions read', bare, true, 'revs');
measure('wanted, 512-byte documents, revisions read', small, true, 'revs');
measure('wanted, 512-byte documents, parsed', small, true, 'doc');
measure('wanted, 8 KiB documents, parsed', large, true, 'doc');
