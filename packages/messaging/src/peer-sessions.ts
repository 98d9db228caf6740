import { messagingError, toServiceError } from './errors.ts';
import { PeerSession, type SessionContext, type SessionEnd, type SessionOptions } from './peer-session.ts';

/** The peers over HTTP of this neuron, by who they are. */
export class PeerSessions {
  readonly #context: SessionContext;
  readonly #maxSessions: number;
  readonly #sessions = new Map<string, PeerSession>();
  #isClosed = false;

  constructor(context: SessionContext, maxSessions: number) {
    this.#context = context;
    this.#maxSessions = maxSessions;
  }

  get size(): number {
    return this.#sessions.size;
  }

  find(who: Who): PeerSession | undefined {
    return this.#sessions.get(idOf(who));
  }

  /** Joins; who was there under the same names is replaced. Throws `ServiceError`. */
  open(options: Omit<SessionOptions, 'onEnd'>): PeerSession {
    const key = idOf(options.place);
    if (this.#isClosed) throw messagingError('MESSAGING_TOO_MANY_SESSIONS', 'the neuron is closing');
    if (this.#sessions.size >= this.#maxSessions && !this.#sessions.has(key)) throw messagingError('MESSAGING_TOO_MANY_SESSIONS', `there are ${this.#maxSessions} peers over HTTP on this neuron, and may be no more`);
    try {
      const onEnd = (ended: PeerSession) => {
        if (this.#sessions.get(key) === ended) this.#sessions.delete(key);
      };
      const session = new PeerSession(this.#context, { ...options, onEnd });
      this.#sessions.set(key, session);
      return session;
    } catch (error) {
      throw toServiceError(error);
    }
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.endAll('closed');
  }

  endAll(reason: SessionEnd): void {
    for (const session of [...this.#sessions.values()]) session.finish(reason);
  }
}

/** Who a session is of. */
export interface Who {
  readonly bucket: string;
  readonly path: string;
  readonly user: string;
  readonly device?: string;
}

function idOf({ bucket, path, user, device = 'default' }: Who): string {
  return JSON.stringify([bucket, path, user, device]);
}
