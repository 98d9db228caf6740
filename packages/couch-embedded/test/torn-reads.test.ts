import { expect, it } from 'vitest';
import { startEmbeddedCouch } from '../src/index.ts';
import { temporaryDirectory } from './support/temporary-server.ts';

/** Listings that are read while documents are replaced. */
const LISTINGS = 1_500;
const DOCUMENTS = 4;

interface Listing {
  readonly results: readonly { readonly id: string; readonly changes: readonly { readonly rev: string }[] }[];
}

const generationOf = (revision: string): number => Number.parseInt(revision, 10);

it('S3 every listing of changes has a row of every document, of the acknowledged revision or a later one, however writes and reads fall together', { timeout: 60_000 }, async () => {
  using directory = temporaryDirectory();
  await using server = await startEmbeddedCouch({ directory: directory.path });
  await fetch(`${server.url}/t`, { method: 'PUT' });
  const acknowledged = new Map<string, number>();
  let isOver = false;
  const write = async (id: string): Promise<void> => {
    let rev: string | undefined;
    while (!isOver) {
      const answer = await fetch(`${server.url}/t/${id}`, { method: 'PUT', body: JSON.stringify(rev === undefined ? {} : { _rev: rev }) });
      ({ rev } = (await answer.json()) as { rev: string });
      acknowledged.set(id, generationOf(rev));
    }
  };
  const writers = Array.from({ length: DOCUMENTS }, (_, n) => write(`d${n}`));
  const faults: string[] = [];
  for (let count = 0; count < LISTINGS; count += 1) {
    const before = new Map(acknowledged);
    const { results } = (await (await fetch(`${server.url}/t/_changes${count % 2 === 0 ? '' : '?descending=true'}`)).json()) as Listing;
    const listed = new Map(results.map(({ id, changes }) => [id, generationOf(changes[0]?.rev ?? '')]));
    for (const [id, generation] of before) if ((listed.get(id) ?? 0) < generation) faults.push(`listing ${count}: ${id} at ${listed.get(id) ?? 'nothing'}, ${generation} was acknowledged`);
  }
  isOver = true;
  await Promise.all(writers);
  expect(faults).toEqual([]);
});
