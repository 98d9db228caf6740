import type { Clock, CouchClient, CouchDatabase } from '@xir/couch-client';
import type { FakeCouch } from './fake-couch.ts';

/** A row as a follower hands it over. */
export interface SubjectRow {
  readonly id: string;
  readonly seq: string | null;
  readonly revs: readonly string[];
  readonly deleted: boolean;
  readonly problem: string | undefined;
  doc(): Readonly<Record<string, unknown>> | undefined;
}

/** What a follower yields. Events of other types are ignored by the suite. */
export type SubjectEvent =
  | { readonly type: 'changes'; readonly rows: readonly SubjectRow[]; readonly lastSeq: string | undefined; ack(): void }
  | { readonly type: 'caught-up'; readonly asOfMs: number }
  | { readonly type: 'reset'; readonly reason: string; readonly since: string; ack(): void }
  | { readonly type: 'purged'; readonly ids: readonly string[]; ack(): void }
  | { readonly type: 'status'; readonly state: string; readonly mode: string }
  | { readonly type: 'warning'; readonly warning: string; readonly message: string };

/** Where a follower keeps its position. */
export interface SubjectCheckpoint {
  readonly seq: string;
  readonly instanceStartTime: string;
  readonly purgeSeq: string;
  readonly savedAtMs: number;
  readonly identity?: unknown;
}

/** Keeps one position. */
export interface SubjectCheckpointStore {
  load(): Promise<SubjectCheckpoint | undefined>;
  save(checkpoint: SubjectCheckpoint): Promise<void>;
}

/** Settings the suite uses; times in milliseconds. */
export interface SubjectOptions {
  readonly database: CouchDatabase;
  /** `'now'`, `'0'` or a sequence. */
  readonly since?: string;
  /** Where to begin after a reset. */
  readonly resetTo?: 'now' | '0';
  readonly checkpoint?: SubjectCheckpointStore;
  /** Shortest time between two saves, in milliseconds. */
  readonly checkpointIntervalMs?: number;
  /** Age in milliseconds from which a position is not resumed from. */
  readonly maxCheckpointAgeMs?: number;
  readonly wanted?: (id: string) => boolean;
  /** Whether documents come with the rows. */
  readonly includeDocs?: 'always' | 'never' | 'auto';
  /** Whether asking for the next event finishes the one before, or `ack()` does. */
  readonly acknowledge?: 'next' | 'manual';
  /** What a database that does not exist leads to. */
  readonly onMissing?: 'wait' | 'fail';
  /** Milliseconds between two heartbeats; three without a byte end a connection. */
  readonly heartbeatMs?: number;
  /** Milliseconds between two looks at the database. */
  readonly inspectIntervalMs?: number;
  /** Rows longer than this many bytes come without content. */
  readonly maxLineBytes?: number;
  /** Rows that may wait for the consumer. */
  readonly maxQueueRows?: number;
  readonly random?: () => number;
  readonly signal?: AbortSignal;
}

/** An open feed under test. */
export interface SubjectFeed extends AsyncIterable<SubjectEvent> {
  readonly state: string;
  readonly lastAppliedSeq: string | undefined;
  ageMs(): number;
  readonly counters: { readonly rows: number; readonly quarantined: number; readonly conflicted: number; readonly connections: number };
  prove(options?: { readonly timeoutMs?: number }): Promise<{ readonly asOfMs: number }>;
  close(): Promise<void>;
}

/** A follower under test. */
export interface FeedSubject {
  readonly name: string;
  /** `epoch` asks for the identity check that leaves documents in the database, in the name of a neuron. */
  follow(options: SubjectOptions, epoch?: { readonly neuron: string }): SubjectFeed;
}

/** A fresh database on some server, in some time. */
export interface FeedWorld extends AsyncDisposable {
  readonly client: CouchClient;
  readonly database: CouchDatabase;
  readonly clock: Clock;
  /** The scriptable server, where the world has one. */
  readonly fake: FakeCouch | undefined;
  /** Lets time pass until `fact` holds; rejects when it does not come true within `withinMs`. */
  until(fact: () => boolean, withinMs?: number): Promise<void>;
  /** Lets time pass. Only in worlds whose time is driven. */
  advance(byMs: number): Promise<void>;
  /** Another client of the same server. */
  connect(auth?: { readonly username: string; readonly password: string; readonly type: 'cookie' | 'basic' }): CouchClient;
}

/** What a world can do. Cases that need more are not run on it. */
export interface FeedWorldSupports {
  /** The server can be scripted and time is driven. */
  readonly scripted: boolean;
  /** `POST _purge` and `_purged_infos`. */
  readonly purge: boolean;
  /** `instance_start_time` tells two lives apart. */
  readonly lives: boolean;
  /** Ids may hold U+0000. */
  readonly nulIds: boolean;
}

/** A kind of world. */
export interface FeedHarness {
  readonly name: string;
  readonly supports: FeedWorldSupports;
  open(options?: FeedWorldOptions): Promise<FeedWorld>;
}

/** What a case asks of its world. */
export interface FeedWorldOptions {
  /** Scripted worlds: who may log in. */
  readonly user?: { readonly name: string; readonly password: string };
  /** Scripted worlds: life of a cookie in milliseconds. */
  readonly cookieLifetimeMs?: number;
}

/** One case of the suite. */
export interface FeedCase {
  /** Reads as a fact; contains the trap's number where it guards one. */
  readonly title: string;
  readonly needs: readonly (keyof FeedWorldSupports)[];
  run(context: FeedCaseContext): Promise<void>;
}

/** What a case is run with. */
export interface FeedCaseContext {
  readonly subject: FeedSubject;
  open(options?: FeedWorldOptions): Promise<FeedWorld>;
}
