import { parseServerUrl } from '@xir/couch-client';
import httpAdapter from 'pouchdb-adapter-http';
import PouchDB from 'pouchdb-core';
import replication from 'pouchdb-replication';
import { Agent, fetch, type RequestInit } from 'undici';

/** How far a copy has come. */
export interface CopyProgress {
  readonly documentsRead: number;
  readonly documentsWritten: number;
  readonly failures: number;
  /** Changes still to be read, as the source says. */
  readonly pending?: number;
}

/** One database on a server. */
export interface DatabaseLocation {
  /** URL of the server, with or without credentials. */
  readonly serverUrl: string;
  readonly database: string;
}

/** Documents copied per request. */
export const COPY_BATCH_DOCUMENTS = 500;

const Pouch = PouchDB.plugin(httpAdapter).plugin(replication);

/**
 * Documents that describe one life of one database (its epoch, the barriers of its neurons). A copy gets its own: with a new epoch a
 * watch position of the old database is answered by `reset` instead of being taken for a position of the new one.
 */
export function belongsToOneDatabase(id: string): boolean {
  return id.startsWith('x!');
}

/**
 * Copies every document with all its leaf revisions and their ancestry, deletions included, by CouchDB's replication protocol
 * (PouchDB's client). It keeps checkpoints in `_local` documents of both databases: repeating it goes on where it stopped.
 */
export async function copyDatabase(source: DatabaseLocation, target: DatabaseLocation, onProgress: (progress: CopyProgress) => void): Promise<CopyProgress> {
  const dispatcher = new Agent({ connections: 16, headersTimeout: 120_000, bodyTimeout: 120_000 });
  const open = ({ serverUrl, database }: DatabaseLocation) => {
    const { url, credentials } = parseServerUrl(serverUrl);
    return new Pouch(`${url}/${encodeURIComponent(database)}`, {
      // PouchDB hands over a URL and a request of the fetch standard.
      fetch: (address, request) => fetch(address, { ...(request as RequestInit), dispatcher }),
      skip_setup: true,
      ...(credentials === undefined ? {} : { auth: credentials }),
    });
  };
  try {
    const job = Pouch.replicate(open(source), open(target), {
      batch_size: COPY_BATCH_DOCUMENTS,
      batches_limit: 2,
      filter: (document) => !belongsToOneDatabase(document._id),
    });
    void job.on('change', (change: Parameters<typeof progressOf>[0]) => onProgress(progressOf(change)));
    return progressOf(await job);
  } finally {
    await dispatcher.close();
  }
}

function progressOf(info: { docs_read: number; docs_written: number; doc_write_failures: number; pending?: number }): CopyProgress {
  return {
    documentsRead: info.docs_read,
    documentsWritten: info.docs_written,
    failures: info.doc_write_failures,
    ...(info.pending === undefined ? {} : { pending: info.pending }),
  };
}
