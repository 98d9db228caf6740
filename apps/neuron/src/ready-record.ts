import type { NeuronSettings } from './options.ts';

/** What the neuron prints, as one line of JSON, once everything is open. */
export interface ReadyRecord {
  readonly ready: true;
  readonly neuron: string;
  readonly version: string;
  readonly pid: number;
  /** URL of the REST API. */
  readonly rest: string;
  /** URL of the WebSocket data API; it is also served at `/ws` of the REST API. */
  readonly webSocket: string;
  /** URL of the Redis protocol. */
  readonly tcp: string;
  /** URL of `/health`, `/ready` and `/metrics`. */
  readonly operations: string;
  /** URL of the database server, without credentials; absent when the embedded database is not served. */
  readonly database?: string;
  readonly databaseName: string;
  readonly embedded: boolean;
  /** Port of the link between neurons. */
  readonly linkPort: number;
}

/** What {@link readyRecord} puts together. */
export interface ReadyFacts {
  readonly neuron: string;
  readonly version: string;
  readonly pid: number;
  readonly rest: string;
  readonly webSocket: string;
  readonly tcp: string;
  readonly operations: string;
  readonly linkPort: number;
  readonly database?: string;
}

/** The ready record of a neuron. */
export function readyRecord(settings: NeuronSettings, { database, ...facts }: ReadyFacts): ReadyRecord {
  return {
    ready: true,
    ...facts,
    ...(database === undefined ? {} : { database }),
    databaseName: settings.database,
    embedded: settings.couchdbUrl === undefined,
  };
}
