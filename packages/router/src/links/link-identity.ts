import { X509Certificate } from 'node:crypto';
import type { Clock, Timer } from '@xir/couch-client';
import { pemKey } from './certificates.ts';
import { DEFAULT_CERTIFICATE_LIFETIME_MS, type SystemAuthority } from './system-authority.ts';

/** Milliseconds between two looks at whether the certificate has to be renewed. */
export const RENEWAL_CHECK_MS = 60_000;

/** What TLS needs to prove who a neuron is, and to have others proved. */
export interface LinkCredentials {
  /** The authority's certificate: PEM. */
  readonly ca: string;
  /** The neuron's certificate: PEM. */
  readonly cert: string;
  /** Its private key: PEM. */
  readonly key: string;
}

/** Whose certificate it is, and for how long it is to hold. */
export interface LinkIdentityOptions {
  readonly authority: SystemAuthority;
  readonly neuron: string;
  readonly clock: Clock;
  readonly lifetimeMs?: number;
  readonly onError?: (error: unknown) => void;
}

/** The certificate of this neuron: renewed once a third of its time is left. */
export class LinkIdentity {
  readonly #options: LinkIdentityOptions;
  readonly #onRenewed = new Set<(credentials: LinkCredentials) => void>();
  #credentials: LinkCredentials;
  #timer: Timer | undefined;
  #isClosed = false;

  private constructor(options: LinkIdentityOptions, credentials: LinkCredentials) {
    this.#options = options;
    this.#credentials = credentials;
    this.#scheduleCheck();
  }

  /** Has a certificate issued. */
  static async open(options: LinkIdentityOptions): Promise<LinkIdentity> {
    return new LinkIdentity(options, await issue(options));
  }

  /** The present ones. */
  get credentials(): LinkCredentials {
    return this.#credentials;
  }

  /** When the certificate ends, in milliseconds since 1970 UTC. */
  get endsAtMs(): number {
    return Date.parse(new X509Certificate(this.#credentials.cert).validTo);
  }

  /** Calls the listener with each new certificate. */
  onRenewed(listener: (credentials: LinkCredentials) => void): void {
    this.#onRenewed.add(listener);
  }

  /** Renews no more. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #scheduleCheck(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.schedule(RENEWAL_CHECK_MS, () => void this.#check());
  }

  async #check(): Promise<void> {
    const { clock, lifetimeMs = DEFAULT_CERTIFICATE_LIFETIME_MS, onError } = this.#options;
    try {
      if (this.endsAtMs - clock.now() <= lifetimeMs / 3) {
        this.#credentials = await issue(this.#options);
        for (const listener of this.#onRenewed) listener(this.#credentials);
      }
    } catch (error) {
      onError?.(error);
    }
    this.#scheduleCheck();
  }
}

async function issue({ authority, neuron, clock, lifetimeMs }: LinkIdentityOptions): Promise<LinkCredentials> {
  const issued = await authority.issue(neuron, clock.now(), lifetimeMs);
  return { ca: authority.certificate, cert: issued.certificate, key: pemKey(issued) };
}
