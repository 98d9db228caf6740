import { MemoryReferenceStore } from '@xir/kv4-testing';
import { makeAuthority } from '../../src/links/certificates.ts';
import { seal } from '../../src/links/sealed-key.ts';
import { AUTHORITY_ADDRESS, SEAL_LABEL } from '../../src/links/system-authority.ts';
import { openTlsLinks, type LinkOutcome, type TlsLinks, type TlsLinksOptions } from '../../src/index.ts';

/** Neurons with real links on free ports of this machine. */
export class LinkedNeurons implements AsyncDisposable {
  readonly store = new MemoryReferenceStore();
  readonly ports = new Map<string, number>();
  readonly #opened: TlsLinks[] = [];

  /** With an authority whose seal costs little: tests are not to wait for what makes guessing slow. */
  static async begin(): Promise<LinkedNeurons> {
    const neurons = new LinkedNeurons();
    const { certificate, key } = await makeAuthority('Xir system authority', { fromMs: Date.now() - 86_400_000, toMs: Date.now() + 86_400_000 });
    await neurons.store.put(AUTHORITY_ADDRESS, { certificate, sealed: await seal(key, 'secret', SEAL_LABEL, 2) });
    return neurons;
  }

  async open(neuron: string, options: Partial<TlsLinksOptions> = {}): Promise<TlsLinks> {
    const resolve = (name: string) => {
      const port = this.ports.get(name);
      return port === undefined ? undefined : { host: '127.0.0.1', port };
    };
    const links = await openTlsLinks({ store: this.store, systemSecret: 'secret', neuron, host: '127.0.0.1', port: 0, resolve, ...options });
    this.#opened.push(links);
    this.ports.set(neuron, links.port);
    return links;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const links of this.#opened) await links.close();
    await this.store.close();
  }
}

/** Sends, and resolves to the outcome. */
export function sent(links: TlsLinks, neuron: string, message: string): Promise<LinkOutcome> {
  return new Promise((resolve) => links.send(neuron, message, resolve));
}
