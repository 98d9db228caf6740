declare module 'pouchdb-core' {
  export interface PouchDatabase {
    put(document: Record<string, unknown>): Promise<{ rev: string }>;
    get(id: string, options?: Record<string, unknown>): Promise<Record<string, unknown>>;
    remove(id: string, rev: string): Promise<unknown>;
    bulkDocs(docs: readonly Record<string, unknown>[], options?: Record<string, unknown>): Promise<unknown>;
    allDocs(options?: Record<string, unknown>): Promise<{ total_rows: number; rows: { id: string; value: { rev: string }; doc?: Record<string, unknown> }[] }>;
    changes(options: Record<string, unknown>): Promise<{ results: { id: string }[] }>;
    info(): Promise<{ doc_count: number; update_seq: string }>;
    destroy(): Promise<unknown>;
    close(): Promise<void>;
  }
  interface PouchConstructor {
    new (url: string, options?: Record<string, unknown>): PouchDatabase;
    plugin(plugin: unknown): PouchConstructor;
    replicate(source: PouchDatabase, target: PouchDatabase, options?: Record<string, unknown>): Promise<{ ok: boolean; docs_written: number; errors: unknown[] }>;
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
