import { formatVersion, headId, type JsonValue, type KeyAddress } from '@xir/kv4-core';

/** Documents of one `_bulk_docs`, and requests on their way at once. */
const BATCH_DOCUMENTS = 1000;
const MAX_BATCH_BYTES = 8 * 2 ** 20;
const CONCURRENCY = 4;

/** A key to write, past every neuron. */
export interface ImportedHead {
  readonly address: KeyAddress;
  readonly value: JsonValue;
  /** The revision it replaces; absent: it is new. */
  readonly revision?: string;
}

/** What is imported, and where. */
export interface ImportOptions {
  /** Address of the server, with or without credentials. */
  readonly url: string;
  readonly database: string;
  readonly heads: Iterable<ImportedHead>;
  /** Told the key and new revision of each head, where that is wanted. */
  readonly stored?: (key: string, revision: string) => void;
}

/** Writes heads straight into a database with `_bulk_docs`, as a bulk import by another program would. Resolves to the number written. */
export async function importHeads(options: ImportOptions): Promise<number> {
  const { url, database, heads, stored } = options;
  const target = requestTarget(url);
  const source = heads[Symbol.iterator]();
  let written = 0;
  const send = async (): Promise<void> => {
    for (;;) {
      const docs: string[] = [];
      const keys: string[] = [];
      let bytes = 0;
      while (docs.length < BATCH_DOCUMENTS && bytes < MAX_BATCH_BYTES) {
        const next = source.next();
        if (next.done === true) break;
        const { address, value, revision } = next.value;
        const version = formatVersion({ timeMs: Date.now(), counter: written % 65_536, neuron: 'import' });
        const doc = JSON.stringify({ _id: headId(address), ...(revision === undefined ? {} : { _rev: revision }), v: value, ver: version, by: '$sys' });
        written += 1;
        bytes += doc.length;
        docs.push(doc);
        keys.push(address.key);
      }
      if (docs.length === 0) return;
      const answer = await fetch(`${target.origin}/${database}/_bulk_docs`, { method: 'POST', headers: { ...target.headers, 'content-type': 'application/json' }, body: `{"docs":[${docs.join(',')}]}` });
      const results = (await answer.json()) as readonly { readonly rev?: string; readonly error?: string }[];
      if (!Array.isArray(results)) throw new Error(`_bulk_docs was answered with ${JSON.stringify(results)}`);
      for (const [index, { rev, error }] of results.entries()) {
        if (rev === undefined) throw new Error(`a document was refused: ${error ?? 'no revision'}`);
        stored?.(keys[index] as string, rev);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, send));
  return written;
}

/** A server's address without its credentials, and these as a header. */
export function requestTarget(text: string): { readonly origin: string; readonly headers: Record<string, string> } {
  const url = new URL(text);
  if (url.username === '') return { origin: url.origin, headers: {} };
  const login = Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64');
  return { origin: url.origin, headers: { authorization: `Basic ${login}` } };
}

/** Where a database's feed stands. */
export async function updateSeqOf(url: string, database: string): Promise<string> {
  const target = requestTarget(url);
  const answer = await fetch(`${target.origin}/${database}`, { headers: target.headers });
  const { update_seq } = (await answer.json()) as { readonly update_seq: string | number };
  return String(update_seq);
}
