import type { Seen, StoredKey, StoredVersion } from './history.ts';
import { keyName, TEST_KEYS } from './key-space.ts';
import { loginOf, withoutLogin } from './processes/database-server.ts';

/** A head or a segment, as docs/design.md describes the documents. */
interface StoredDocument {
  readonly _id: string;
  readonly _rev: string;
  readonly _conflicts?: readonly string[];
  readonly ver?: string;
  readonly v?: unknown;
  readonly gone?: true;
  readonly x?: number;
  readonly tail?: readonly (readonly unknown[])[];
  readonly versions?: readonly (readonly unknown[])[];
}

/** Documents read at a time from a cluster. */
const CLUSTER_READERS = 8;
/** Times that the database is read until nothing was written meanwhile. */
const MAX_READINGS = 10;

/** The database, read and changed plainly: HTTP and the layout of documents, nothing of Xir's own code. */
export class PlainDatabase {
  readonly #urls: readonly URL[];
  readonly #name: string;

  /** `urls`: one server, or the nodes of one cluster. */
  constructor(urls: readonly URL[], name: string) {
    this.#urls = urls;
    this.#name = name;
  }

  /** Sends a request to the database (`path` beneath it) and parses the answer; rejects where the status says failure. In a cluster the first node that can be reached is asked. */
  async send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    for (const [index, url] of this.#urls.entries()) {
      try {
        return await this.#sendTo(url, { method, path, body });
      } catch (error) {
        if (index === this.#urls.length - 1 || !(error instanceof TypeError)) throw error;
      }
    }
    throw new TypeError('a database has at least one node');
  }

  async #sendTo<Answer>(url: URL, { method, path, body }: { method: string; path: string; body: unknown }): Promise<Answer> {
    const response = await fetch(new URL(`/${encodeURIComponent(this.#name)}${path}`, withoutLogin(url)), {
      method,
      headers: { ...loginOf(url), 'content-type': 'application/json' },
      signal: AbortSignal.timeout(20_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} of the database: ${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  }

  /** The document of a key with all its leaves, or undefined. */
  async head(layer: string, path: string, key: string): Promise<StoredDocument | undefined> {
    const rows = await this.send<{ rows: { doc?: StoredDocument | null }[] }>('POST', '/_all_docs?include_docs=true', { keys: [headId(layer, path, key)] });
    return rows.rows[0]?.doc ?? undefined;
  }

  /** What the database holds of every key in the system's bucket. A version that upkeep moves to another document meanwhile could be in neither that was read: then all is read again. */
  async read(nowMs = Date.now()): Promise<Map<string, StoredKey>> {
    for (let left = MAX_READINGS; ; left -= 1) {
      const before = await this.#revisions();
      const found = await this.#readOnce(nowMs);
      if (left === 1 || before === (await this.#revisions())) return found;
    }
  }

  /** The revisions of all documents of the test's keys: what differs between two looks was written meanwhile. */
  async #revisions(): Promise<string> {
    const lists = await Promise.all(this.#urls.map((url) => this.#sendTo<{ rows: { id: string; value: { rev: string } }[] }>(url, { method: 'GET', path: '/_all_docs', body: undefined })));
    return lists.flatMap(({ rows }) => rows.filter(({ id }) => /^[ds]!\$sys!/.test(id) && !isOfNeurons(id.split('!')[2] ?? '')).map(({ id, value }) => `${id} ${value.rev}`)).join('\n');
  }

  async #readOnce(nowMs: number): Promise<Map<string, StoredKey>> {
    const documents: StoredDocument[] = [];
    for (const doc of this.#urls.length === 1 ? await this.#documents() : await this.#documentsOfCluster()) {
      documents.push(doc);
      for (const revision of doc._conflicts ?? []) documents.push(await this.send('GET', `/${encodeURIComponent(doc._id)}?rev=${revision}`));
    }
    return keysOf(documents, await this.#leafCounts(), nowMs);
  }

  /** How many leaves the document of each key has: deleted ones stay as the trace of a conflict that was repaired. */
  async #leafCounts(): Promise<Map<string, number>> {
    const names = new Map(TEST_KEYS.map(({ layer, path, key, name }) => [headId(layer, path, key), name]));
    const { results } = await this.send<{ results: { id: string; docs: { ok?: unknown }[] }[] }>('POST', '/_bulk_get', { docs: [...names.keys()].map((id) => ({ id })) });
    return new Map(results.map(({ id, docs }) => [names.get(id) ?? id, docs.filter(({ ok }) => ok !== undefined).length]));
  }

  async #documents(): Promise<StoredDocument[]> {
    const { rows } = await this.send<{ rows: { doc: StoredDocument }[] }>('GET', '/_all_docs?include_docs=true&conflicts=true');
    return rows.map(({ doc }) => doc);
  }

  /** A range is read from one replica, so every node is asked for ids, and each document is read from all replicas. */
  async #documentsOfCluster(): Promise<StoredDocument[]> {
    const ids = new Set<string>();
    for (const url of this.#urls) {
      const { rows } = await this.#sendTo<{ rows: { id: string }[] }>(url, { method: 'GET', path: '/_all_docs', body: undefined });
      for (const { id } of rows) ids.add(id);
    }
    const documents: StoredDocument[] = [];
    const waiting = [...ids];
    const readAll = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const document = await this.#documentOfCluster(id);
        if (document !== undefined) documents.push(document);
      }
    };
    await Promise.all(Array.from({ length: CLUSTER_READERS }, readAll));
    return documents;
  }

  async #documentOfCluster(id: string): Promise<StoredDocument | undefined> {
    try {
      return await this.send<StoredDocument>('GET', `/${encodeURIComponent(id)}?conflicts=true&r=${this.#urls.length}`);
    } catch (error) {
      // Listed by a replica that was behind.
      if (error instanceof Error && error.message.includes(': 404 ')) return undefined;
      throw error;
    }
  }
}

/** The id of a key's head in the system's bucket (the names of the test need no escaping). */
export function headId(layer: string, path: string, key: string): string {
  return `d!$sys!${layer}!${path.split('/').filter(Boolean).join('!')}!!${key}`;
}

/** Layers in which neurons write of their own accord: statistics, leases, links, and who is connected. */
const LAYERS_OF_NEURONS = ['*stats', '*leases', '*links', '*subs'];

function isOfNeurons(layer: string): boolean {
  return LAYERS_OF_NEURONS.some((each) => layer === each || layer.startsWith(`${each}:`));
}

/** Puts documents together to keys: all versions of all leaves and segments (what neurons write of their own accord apart), the highest of the heads as the current one. Pure. */
export function keysOf(documents: readonly StoredDocument[], leaves: ReadonlyMap<string, number>, nowMs: number): Map<string, StoredKey> {
  const series = new Map<string, Map<string, StoredVersion>>();
  const heads = new Map<string, StoredDocument>();
  for (const document of documents) {
    const match = /^([ds])!\$sys!([^!]*)!(.*)!!([^!]*)(?:!([^!]*))?$/.exec(document._id);
    if (match === null || isOfNeurons(match[2] ?? '')) continue;
    const [, kind = '', layer = '', path = '', key = ''] = match;
    const name = keyName(layer, `/${path.replaceAll('!', '/')}`, key);
    const versions = series.get(name) ?? new Map<string, StoredVersion>();
    series.set(name, versions);
    for (const stored of versionsOf(document)) versions.set(stored.version, stored);
    const best = heads.get(name)?.ver ?? '';
    if (kind === 'd' && (document.ver ?? '') > best) heads.set(name, document);
  }
  return new Map(
    [...series].map(([name, versions]) => [name, { series: [...versions.values()].sort((a, b) => (a.version < b.version ? -1 : 1)), current: seenOf(heads.get(name), nowMs), leaves: leaves.get(name) ?? 0 }]),
  );
}

function versionsOf({ ver, v, gone, tail = [], versions = [] }: StoredDocument): StoredVersion[] {
  const earlier = [...tail, ...versions].map((entry) => storedVersion(String(entry[0]), entry.length === 2, entry[2]));
  return ver === undefined ? earlier : [storedVersion(ver, gone === true, v), ...earlier];
}

function storedVersion(version: string, deleted: boolean, value: unknown): StoredVersion {
  return deleted ? { version, deleted } : { version, deleted, marker: markerOf(value) };
}

function seenOf(head: StoredDocument | undefined, nowMs: number): Seen {
  if (head?.ver === undefined || head.gone === true || (head.x !== undefined && head.x <= nowMs)) return { absent: true };
  return { absent: false, version: head.ver, marker: markerOf(head.v) };
}

/** The marker that a value carries; a text that no write has where it carries none. */
export function markerOf(value: unknown): string {
  const marker = typeof value === 'object' && value !== null ? (value as { w?: unknown }).w : undefined;
  return typeof marker === 'string' ? marker : `(no marker: ${JSON.stringify(value)})`;
}
