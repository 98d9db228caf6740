import { X509Certificate } from 'node:crypto';
import { Kv4Error, type JsonValue, type KeyAddress, type Kv4Store } from '@xir/kv4-core';
import { issueCertificate, makeAuthority, type KeyedCertificate } from './certificates.ts';
import { LinkError } from './errors.ts';
import { seal, unseal } from './sealed-key.ts';

/** The layer that holds what links between neurons are secured by. */
export const LINK_LAYER = '*links';
/** Where the system authority is: its certificate, and its key sealed for the system secret. */
export const AUTHORITY_ADDRESS: KeyAddress = Object.freeze({ bucket: '$sys', layer: LINK_LAYER, path: '/authority', key: 'certificate' });
/** How long the authority's own certificate holds, in milliseconds: twenty years. */
export const AUTHORITY_LIFETIME_MS = 631_152_000_000;
/** Default of how long a neuron's certificate holds, in milliseconds: a week. */
export const DEFAULT_CERTIFICATE_LIFETIME_MS = 604_800_000;
/** How far clocks of hosts may be apart: certificates hold from so many milliseconds before they are made. */
export const CLOCK_TOLERANCE_MS = 3_600_000;

/** What the sealed key is called, so that nothing else that is sealed for the same secret can stand in for it. */
export const SEAL_LABEL = 'xir system authority';

/** The authority that issues the certificates of a system's neurons. */
export class SystemAuthority {
  /** PEM. */
  readonly certificate: string;
  readonly #sealed: JsonValue;
  readonly #secret: string;

  private constructor(certificate: string, sealed: JsonValue, secret: string) {
    this.certificate = certificate;
    this.#sealed = sealed;
    this.#secret = secret;
  }

  /**
   * Opens the authority of the system; the first neuron ever makes it, by compare-and-set: of two that start at once one wins, and both use that one. Rejects with
   * `LINK_AUTHORITY_DAMAGED`, or the store's error.
   */
  static async open(store: Pick<Kv4Store, 'get' | 'put'>, secret: string, nowMs: number): Promise<SystemAuthority> {
    const stored = (await store.get(AUTHORITY_ADDRESS, { fresh: true }))?.value ?? (await SystemAuthority.#make(store, secret, nowMs));
    const { certificate, sealed } = typeof stored === 'object' && stored !== null && !Array.isArray(stored) ? stored : {};
    if (typeof certificate !== 'string' || sealed === undefined) throw new LinkError('LINK_AUTHORITY_DAMAGED', 'what is stored as the system authority is none');
    try {
      return new SystemAuthority(new X509Certificate(certificate).toString(), sealed, secret);
    } catch (error) {
      throw new LinkError('LINK_AUTHORITY_DAMAGED', 'the certificate of the system authority cannot be read', error);
    }
  }

  static async #make(store: Pick<Kv4Store, 'get' | 'put'>, secret: string, nowMs: number): Promise<JsonValue> {
    const { certificate, key } = await makeAuthority('Xir system authority', { fromMs: nowMs - CLOCK_TOLERANCE_MS, toMs: nowMs + AUTHORITY_LIFETIME_MS });
    const value = { certificate, sealed: await seal(key, secret, SEAL_LABEL) };
    try {
      await store.put(AUTHORITY_ADDRESS, value, { condition: { type: 'absent' } });
      return value;
    } catch (error) {
      if (!(error instanceof Kv4Error) || error.code !== 'KV4_ALREADY_EXISTS') throw error;
      return (await store.get(AUTHORITY_ADDRESS, { fresh: true }))?.value ?? null;
    }
  }

  /** Issues a certificate for a neuron. The authority's key is in memory only meanwhile. Rejects with `LINK_WRONG_SECRET` or `LINK_AUTHORITY_DAMAGED`. */
  async issue(neuron: string, nowMs: number, lifetimeMs = DEFAULT_CERTIFICATE_LIFETIME_MS): Promise<KeyedCertificate> {
    const key = await unseal(this.#sealed, this.#secret, SEAL_LABEL);
    return issueCertificate({ certificate: this.certificate, key }, neuron, { fromMs: nowMs - CLOCK_TOLERANCE_MS, toMs: nowMs + lifetimeMs });
  }
}
