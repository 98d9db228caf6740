import { CouchClient } from '@xir/couch-client';
import { parseDocumentId, type HeadDocument } from '@xir/kv4-core';

/** Keys of a layer (`path key`) to their current version and value. */
export type Contents = ReadonlyMap<string, { readonly version: string; readonly value: unknown }>;

/** What the database itself holds of a layer's current values, read without anything of ours but the ids. */
export async function readDatabase(url: string, database: string, layer = '*data'): Promise<Contents> {
  await using client = new CouchClient({ url });
  const { body } = await client.database(database).json<{ rows: { id: string; doc: HeadDocument }[] }>({
    path: '/_all_docs',
    query: { include_docs: true, start_key: '"d!"', end_key: '"d\\""' },
  });
  const contents = new Map<string, { version: string; value: unknown }>();
  for (const { id, doc } of body.rows) {
    const parsed = parseDocumentId(id);
    if (parsed?.kind !== 'head' || parsed.address.layer !== layer || doc.gone === true) continue;
    contents.set(`${parsed.address.path} ${parsed.address.key}`, { version: doc.ver, value: doc.v });
  }
  return contents;
}
