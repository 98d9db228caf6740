/** A room: a channel with some clients. */
export interface Room {
  readonly path: string;
  /** It keeps its messages. */
  readonly keeps: boolean;
}

/** One connection of a client, from its opening to its end. */
export interface Session {
  readonly client: number;
  readonly neuron: string;
  readonly openedAtMs: number;
  endedAtMs: number;
  closeCode: number | undefined;
}

/** A message whose fate is followed. */
export interface FollowedMessage {
  readonly id: string;
  readonly room: string;
  readonly sender: number;
  readonly session: Session;
  readonly level: 'reached' | 'written';
  readonly sentAtMs: number;
  /** When a report came, and what it said. */
  report: { readonly atMs: number; readonly reached: number; readonly written: number; readonly undelivered: number } | undefined;
  /** The session in which each client was handed it, by client. */
  readonly receivedBy: Map<number, Session>;
}

/** Messages of a room that a client was handed without a gap: between two positions, so many. */
export interface Chain {
  readonly room: string;
  readonly client: number;
  readonly from: string;
  to: string;
  count: number;
}

/** A message that came behind a later one of the same connection. */
export interface OutOfOrder {
  readonly id: string;
  readonly what: string;
}

/** What a client knows that it may have missed of a room that keeps its messages: everything between two positions. */
export interface ToldGap {
  readonly client: number;
  readonly from: string;
  /** `undefined`: nobody can say. */
  readonly to: string | undefined;
}

/** A fault on one neuron, or on its connections. */
export interface Disturbance {
  readonly neuron: string;
  /** Its process stood still, or ended. */
  readonly ofProcess: boolean;
  readonly fromMs: number;
  untilMs: number;
}

/** How long a peer of a process that was killed was listed by others. */
export interface Ghost {
  readonly killedAtMs: number;
  readonly listedForMs: number;
}

/** What was taken off, and what became of it. */
export interface Kicked {
  readonly session: Session;
  readonly user: string;
  readonly answeredAtMs: number;
}

/** Everything that a run of messages recorded. */
export class MessagesRecord {
  readonly sessions: Session[] = [];
  readonly followed = new Map<string, FollowedMessage>();
  readonly chains: Chain[] = [];
  readonly gaps: ToldGap[] = [];
  readonly disturbances: Disturbance[] = [];
  readonly kicked: Kicked[] = [];
  /** Of each room: the messages that anybody was told of with a position, each with its first. */
  readonly positions = new Map<string, Map<string, string>>();
  readonly faults = new Map<string, number>();
  readonly failures = new Map<string, number>();
  readonly incidents: string[] = [];
  /** Found while it happened. */
  readonly outOfOrder: OutOfOrder[] = [];
  /** Ids of messages of which their senders were told that nobody knows what becomes of them. */
  readonly unknown = new Set<string>();
  /** The session in which each message was sent first, and when. */
  readonly sent = new Map<string, { readonly atMs: number; readonly session: Session }>();
  readonly twice: string[] = [];
  readonly toldAgain: string[] = [];
  readonly ghosts: Ghost[] = [];
  /** After quiet: what neurons listed that was not so. */
  presence: readonly string[] = [];
  settledMs = 0;
  counts = { sent: 0, received: 0, acknowledged: 0, undelivered: 0, refused: 0, sessions: 0, recovered: 0, notRecovered: 0, gaps: 0, kicks: 0 };

  readonly #rooms = new Map<number, string>();

  /** Whether a client was told that it may have missed a message of a room that keeps them. */
  toldOfMissing(client: number, { id, room }: Pick<FollowedMessage, 'id' | 'room'>): boolean {
    const position = this.positions.get(room)?.get(id);
    return position !== undefined && this.gaps.some((gap) => gap.client === client && gap.from < position && (gap.to === undefined || position <= gap.to));
  }

  /** The room of a client. */
  roomOf(client: number): string | undefined {
    return this.#rooms.get(client);
  }

  /** The clients of a room. */
  clientsOf(room: string): number[] {
    return [...this.#rooms].flatMap(([client, path]) => (path === room ? [client] : []));
  }

  place(client: number, room: string): void {
    this.#rooms.set(client, room);
  }

  now(): number {
    return performance.now();
  }

  fault(name: string): void {
    this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
  }

  failure(name: string): void {
    this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
  }

  incident(what: string): void {
    this.incidents.push(what);
  }
}
