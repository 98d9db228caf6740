import type { Chain, MessagesRecord, Room, Session } from './record.ts';

interface Frame {
  readonly t?: string;
  readonly m?: { readonly o: string; readonly f: string; readonly i?: string; readonly n?: string; readonly q?: string | null };
  readonly p?: unknown;
}

/** Reads what a client is sent, and judges at once what can be: order, repetitions, positions. */
export class ChatReader {
  readonly #client: number;
  readonly #room: Room;
  readonly #record: MessagesRecord;
  #session: Session | undefined;
  /** In this session: the last number of each sender's session. */
  #last = new Map<string, number>();
  /** In this session: ids that came, each with how it came. */
  #ids = new Map<string, string>();
  #chain: Chain | undefined;
  #known: string | undefined;
  /** Until it is said whether all that was missed was handed over. */
  #isRecovering = false;

  constructor(client: number, room: Room, record: MessagesRecord) {
    this.#client = client;
    this.#room = room;
    this.#record = record;
  }

  /** The newest position that it knows. */
  get known(): string | undefined {
    return this.#known;
  }

  /** Whether it has yet to be told that everything it missed was handed over, or cannot be. */
  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  /** A connection has opened. */
  begin(session: Session): void {
    this.#session = session;
    this.#last = new Map();
    this.#ids = new Map();
    this.#isRecovering = this.#room.keeps;
  }

  close(): void {
    this.#endChain();
  }

  take(text: string): void {
    const { m, p } = JSON.parse(text) as Frame;
    if (m === undefined) return;
    const { counts, followed } = this.#record;
    switch (m.o) {
      case 'say':
        return this.#say(m, p as { readonly c: number; readonly s: number; readonly n: number });
      case 'stored':
        return this.#position(m, m.i);
      case 'recovered':
        return this.#recovered(p as { readonly recovered: boolean; readonly position: string | null });
      case 'undelivered':
        counts.undelivered += 1;
        if ((p as { readonly undelivered: readonly { readonly reason: string }[] }).undelivered.some(({ reason }) => reason === 'unknown')) this.#record.unknown.add(m.i ?? '');
        return;
      case 'refused':
        counts.refused += 1;
        return;
      case 'acknowledged': {
        counts.acknowledged += 1;
        const message = followed.get(m.i ?? '');
        const { reached, written, undelivered } = p as { readonly reached: number; readonly written: number; readonly undelivered: readonly unknown[] };
        // The first report is the one that counts: what is sent again is told the same.
        if (message !== undefined) message.report ??= { atMs: this.#record.now(), reached, written, undelivered: undelivered.length };
      }
    }
  }

  #say(m: NonNullable<Frame['m']>, { c, s, n }: { readonly c: number; readonly s: number; readonly n: number }): void {
    const { counts, followed, outOfOrder, twice } = this.#record;
    counts.received += 1;
    const id = `${c}.${n}`;
    const where = `client ${this.#client} on ${this.#session?.neuron ?? 'nowhere'}`;
    const how = `at ${Math.round(this.#record.now())} ms${m.n === undefined ? '' : ` as ${m.n} behind ${m.q ?? 'nothing'}`}${this.#isRecovering ? ', of what was missed' : ''}`;
    const before = this.#ids.get(id);
    if (before !== undefined) twice.push(`${where} was handed ${id} twice: ${before}; ${how}`);
    this.#ids.set(id, how);
    const sender = `${c} ${s}`;
    const last = this.#last.get(sender) ?? 0;
    if (n < last) outOfOrder.push({ id, what: `${where} was handed ${id} behind ${c}.${last}` });
    else this.#last.set(sender, n);
    if (this.#session !== undefined) followed.get(id)?.receivedBy.set(this.#client, this.#session);
    this.#position(m, id);
  }

  #position({ n, q }: NonNullable<Frame['m']>, id: string | undefined): void {
    if (n === undefined) return;
    const { positions, toldAgain } = this.#record;
    const told = positions.get(this.#room.path) ?? new Map<string, string>();
    positions.set(this.#room.path, told);
    // What was stored again, with its id, is told to those only who were not told the first time.
    const first = told.get(id ?? n);
    if (first === undefined || n < first) told.set(id ?? n, n);
    if (this.#known !== undefined && n <= this.#known) {
      // Before it is said that what was missed cannot be told, it may be told from an earlier place on.
      if (!this.#isRecovering) toldAgain.push(`client ${this.#client} on ${this.#session?.neuron ?? 'nowhere'} was told ${n} behind ${this.#known}`);
      return;
    }
    if (this.#known !== undefined && q === this.#known && this.#chain !== undefined) {
      this.#chain.to = n;
      this.#chain.count += 1;
    } else {
      if (this.#known !== undefined) this.#missed(this.#known, n);
      this.#beginChain(n);
    }
    this.#known = n;
  }

  #recovered({ recovered, position }: { readonly recovered: boolean; readonly position: string | null }): void {
    this.#isRecovering = false;
    const { counts } = this.#record;
    if (recovered) counts.recovered += 1;
    else counts.notRecovered += 1;
    if (recovered && (position === null || (this.#known !== undefined && position <= this.#known))) return;
    if (!recovered) this.#missed(this.#known ?? '', position ?? undefined);
    this.#known = position ?? undefined;
    if (position === null) this.#endChain();
    else this.#beginChain(position);
  }

  #missed(from: string, to: string | undefined): void {
    this.#record.counts.gaps += 1;
    this.#record.gaps.push({ client: this.#client, from, to });
  }

  #beginChain(position: string): void {
    this.#endChain();
    this.#chain = { room: this.#room.path, client: this.#client, from: position, to: position, count: 0 };
  }

  #endChain(): void {
    if (this.#chain !== undefined && this.#chain.count > 0) this.#record.chains.push(this.#chain);
    this.#chain = undefined;
  }
}
