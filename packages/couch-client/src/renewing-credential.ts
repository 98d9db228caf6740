import type { Authentication, Credential } from './authentication.ts';
import type { Clock } from './clock.ts';

/** A credential with a life. */
export interface ExpiringCredential extends Credential {
  /** Monotonic milliseconds from which it is renewed before use. */
  readonly renewAtMs: number;
  /** Monotonic milliseconds until which it may be used when renewing fails. */
  readonly endsAtMs: number;
}

/** Where a renewing credential is kept, and how it is got anew. */
export interface RenewingCredentialOptions {
  readonly clock: Clock;
  /** The credential held now. */
  readonly held: () => ExpiringCredential | undefined;
  /** Drops the credential held now. */
  readonly forget: () => void;
  /** Gets a new one and holds it; shared by all who wait. */
  readonly renew: () => Promise<Credential>;
}

/** Serves a credential until it is due, renews it then, and goes on with the old one while renewing fails and its life lasts. */
export function renewingCredential({ clock, held, forget, renew }: RenewingCredentialOptions): Pick<Authentication, 'credential' | 'refused'> {
  return {
    async credential() {
      const before = held();
      const now = clock.monotonic();
      if (before !== undefined && now < before.renewAtMs) return before;
      try {
        return await renew();
      } catch (error) {
        // Renewal before the end failed: what we hold is still good, the next request tries again.
        if (before !== undefined && now < before.endsAtMs && held() === before) return before;
        throw error;
      }
    },
    async refused(used) {
      if (held() === used) forget();
      if (held() === undefined) await renew();
      return true;
    },
  };
}
