import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedCouch } from '@xir/couch-embedded';
import { openMemory, type Memory } from '@xir/kv4';
import { expect, vi } from 'vitest';

import { InMemoryNetwork, openRouter, type LinkTransport, type LocalPeer, type OutgoingMessage, type Router, type RouterOptions, type SendReport } from '../src/index.ts';

/** A neuron of a test: its memory and its router. */
export interface TestNeuron {
  readonly name: string;
  readonly store: Memory;
  readonly router: Router;
}

/** Several neurons in one process, on one embedded database. */
export interface TestSystem extends AsyncDisposable {
  readonly network: InMemoryNetwork;
  /** Opens a neuron; by default on a memory of its own. */
  open(name: string, options?: Partial<RouterOptions> & { readonly wrapLinks?: (links: LinkTransport) => LinkTransport }): Promise<TestNeuron>;
  openStore(name: string): Promise<Memory>;
  /** What is in the database. */
  counts(): Promise<{ readonly documents: number; readonly tombstones: number }>;
}

export async function openSystem(): Promise<TestSystem> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-router-'));
  const couch = await startEmbeddedCouch({ directory, port: 0 });
  const database = `xir-router-${randomBytes(8).toString('hex')}`;
  const network = new InMemoryNetwork();
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true }), () => couch.close()];
  const openStore = async (neuron: string): Promise<Memory> => {
    const store = await openMemory({ url: couch.url, database, neuron, auditIntervalMs: 0 });
    closers.push(() => store.close());
    return store;
  };
  return {
    network,
    openStore,
    async counts() {
      const info = (await (await fetch(`${couch.url}/${database}`)).json()) as { readonly doc_count: number; readonly doc_del_count: number };
      return { documents: info.doc_count, tombstones: info.doc_del_count };
    },
    async open(name, { wrapLinks = (links: LinkTransport) => links, ...options } = {}) {
      const store = await openStore(name);
      const { membership, links } = network.start(name);
      const router = await openRouter({ store, membership, links: wrapLinks(links), ...options });
      closers.push(() => router.close());
      return { name, store, router };
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
    },
  };
}

/** Waits until a fact holds. */
export async function until(fact: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(fact()).toBe(true), { timeout: 15_000, interval: 2 });
}

/** Sends a message and resolves to what is reported. */
export function reportOf(peer: LocalPeer, message: OutgoingMessage): Promise<SendReport> {
  return new Promise((resolve) => peer.send(message, resolve));
}

/** A message to all others. */
export function toAll(content: unknown, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { target: { type: 'channel' }, event: 'message', content: JSON.stringify(content), ...more };
}

/** A message to a user. */
export function toUser(user: string, content: unknown, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return toAll(content, { target: { type: 'user', user }, ...more });
}
