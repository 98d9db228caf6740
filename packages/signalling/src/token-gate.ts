import { accountAddress, dataBucket } from '@xir/accounts';
import type { Clock } from '@xir/couch-client';
import type { JsonValue, KeyAddress, Kv4Store } from '@xir/kv4-core';
import type { TokenClaims } from '@xir/protocol';
import type { Kick } from '@xir/router';

/** Where kicks are noted, in the bucket of the channel: no history is kept beneath `*subs`. */
const KICK_LAYER = '*subs:kicked';
/** The key under which a kick of everybody is noted; no user is called so. */
const EVERYBODY = '/';
/** Milliseconds for which a kick is remembered. */
export const KICK_MEMORY_MS = 30 * 24 * 3_600_000;

/** What a {@link TokenGate} works with. */
export interface TokenGateOptions {
  /** Where accounts are, and kicks are noted. */
  readonly store: Kv4Store;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Whether a token still opens its channel: its account is there and active, and nobody has kicked its user since it was made. A kick ends all tokens made up to its
 * second, for 30 days; whoever may come back gets a new one.
 */
export class TokenGate {
  readonly #options: TokenGateOptions;

  constructor(options: TokenGateOptions) {
    this.#options = options;
  }

  /** Notes a kick. Rejects with what the store rejects with. */
  async note({ bucket, path, user, subtree }: Kick): Promise<void> {
    const { store, clock } = this.#options;
    await store.put({ bucket, layer: KICK_LAYER, path, key: user ?? EVERYBODY }, { atSeconds: Math.floor(clock.now() / 1000), subtree }, { expiresInMs: KICK_MEMORY_MS });
  }

  /** Rejects with what the store rejects with. */
  async mayConnect(claims: TokenClaims, path: string): Promise<boolean> {
    const { pri, sec } = claims.ar;
    const bucket = sec === null ? pri : dataBucket(pri, sec);
    if (pri !== '$sys' && !(await this.#isActive(accountAddress('$sys', pri)))) return false;
    if (sec !== null && !(await this.#isActive(accountAddress(pri, sec)))) return false;
    const at = (place: string, key: string): KeyAddress => ({ bucket, layer: KICK_LAYER, path: place, key });
    if (await this.#wasKicked(at(path, claims.dr.k), claims.iat, false)) return false;
    if (await this.#wasKicked(at(path, EVERYBODY), claims.iat, false)) return false;
    for (let above = path; above !== '/'; ) {
      above = above.slice(0, Math.max(1, above.lastIndexOf('/')));
      if (await this.#wasKicked(at(above, EVERYBODY), claims.iat, true)) return false;
    }
    return true;
  }

  async #isActive(address: KeyAddress): Promise<boolean> {
    const record = await this.#options.store.get(address);
    return record !== undefined && fieldOf(record.value, 'active') !== false;
  }

  async #wasKicked(address: KeyAddress, madeAtSeconds: number, mustReachBelow: boolean): Promise<boolean> {
    const value = (await this.#options.store.get(address))?.value;
    const atSeconds = value === undefined ? undefined : fieldOf(value, 'atSeconds');
    if (typeof atSeconds !== 'number' || madeAtSeconds > atSeconds) return false;
    return !mustReachBelow || (value !== undefined && fieldOf(value, 'subtree') === true);
  }
}

function fieldOf(value: JsonValue, name: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}
