declare module 'pouchdb-core' {
  import type { EventEmitter } from 'node:events';

  export interface HttpDatabaseOptions {
    readonly fetch: (url: string, options: object) => Promise<unknown>;
    readonly skip_setup: boolean;
    readonly auth?: { readonly username: string; readonly password: string };
  }
  export interface ReplicationOptions {
    readonly batch_size: number;
    readonly batches_limit: number;
    readonly checkpoint?: 'source' | 'target';
    readonly filter?: (document: { readonly _id: string }) => boolean;
  }
  export interface ReplicationProgress {
    readonly docs_read: number;
    readonly docs_written: number;
    readonly doc_write_failures: number;
    readonly pending?: number;
  }
  export interface Replication extends EventEmitter, Promise<ReplicationProgress & { readonly ok: boolean }> {
    cancel(): void;
  }
  export interface HttpDatabase {
    close(): Promise<void>;
  }
  interface PouchConstructor {
    new (url: string, options: HttpDatabaseOptions): HttpDatabase;
    plugin(plugin: unknown): PouchConstructor;
    replicate(source: HttpDatabase, target: HttpDatabase, options: ReplicationOptions): Replication;
  }
  const PouchDB: PouchConstructor;
  export default PouchDB;
}

declare module 'pouchdb-adapter-http' {
  const plugin: unknown;
  export default plugin;
}

declare module 'pouchdb-replication' {
  const plugin: unknown;
  export default plugin;
}
