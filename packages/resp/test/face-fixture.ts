import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createAccounts, type Accounts, type CachedStore } from '@xir/accounts';
import { startEmbeddedCouch } from '@xir/couch-embedded';
import { openMemory, type Memory } from '@xir/kv4';
import { InMemoryNetwork, openRouter, type Router } from '@xir/router';

import { createRespFace, createRespServer, type RespFace, type RespOptions, type RespServer, type RespServerOptions } from '../src/index.ts';
import { RespClient } from './resp-client.ts';

export const SYSTEM_SECRET = 'secret';

/** A face with everything behind it. */
export interface Fixture extends AsyncDisposable {
  readonly store: Memory;
  readonly accounts: Accounts;
  readonly face: RespFace;
  readonly router: Router | undefined;
  readonly server: RespServer;
  /** A connection that has not logged in. */
  connect(): RespClient;
  /** A connection of the account elena (secret `elenas`). */
  open(version?: 2 | 3): Promise<RespClient>;
  /** Another neuron on the same database. */
  openNeighbour(): Promise<Neighbour>;
}

export interface Neighbour {
  readonly store: Memory;
  readonly server: RespServer;
  /** Where channels are wanted. */
  readonly router: Router | undefined;
  open(version?: 2 | 3): Promise<RespClient>;
}

export interface FixtureOptions {
  readonly resp?: Partial<RespOptions>;
  readonly server?: Partial<RespServerOptions>;
  readonly wrapStore?: (store: Memory) => CachedStore;
  /** Neurons with channels in common; those beneath `/kept` keep their messages. */
  readonly channels?: boolean;
}

/** A neuron's TCP face on a free port and the embedded database, with the account elena. */
export async function openFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'xir-resp-'));
  const couch = await startEmbeddedCouch({ directory, port: 0 });
  const closers: Array<() => Promise<unknown>> = [() => rm(directory, { recursive: true, force: true }), () => couch.close()];
  const database = `xir-resp-${randomBytes(8).toString('hex')}`;
  const clients: RespClient[] = [];
  const network = new InMemoryNetwork();

  const openNeuron = async (neuron: string, { resp, server: serverOptions, wrapStore, channels = false }: FixtureOptions) => {
    const store = await openMemory({ url: couch.url, database, neuron, auditIntervalMs: 0 });
    const accounts = createAccounts({ store, systemSecret: SYSTEM_SECRET, hashing: { costLog2: 4 } });
    const history = ({ path }: { readonly path: string }) => (path.startsWith('/kept') ? { layer: '*messages' } : undefined);
    const router = channels ? await openRouter({ store, ...network.start(neuron), history }) : undefined;
    const face = createRespFace({ store: wrapStore?.(store) ?? store, accounts, neuron, ...(router === undefined ? {} : { router }), ...resp });
    const server = await createRespServer({ face, port: 0, drainMs: 100, ...serverOptions });
    closers.push(
      () => store.close(),
      () => accounts.close(),
      () => router?.close() ?? Promise.resolve(),
      () => server.close(),
    );
    const connect = () => {
      const client = new RespClient(server.port);
      clients.push(client);
      return client;
    };
    const open = async (version: 2 | 3 = 2) => {
      const client = connect();
      const greeting = await client.call('HELLO', version, 'AUTH', 'elena', 'elenas');
      if (greeting instanceof Error) throw greeting;
      return client;
    };
    return { store, accounts, face, router, server, connect, open };
  };

  const neuron = await openNeuron('n1', options);
  await neuron.accounts.accounts.create({ bucket: '$sys', author: '$sys' }, 'elena', { email: 'elena@example.org', secret: 'elenas' });
  let neighbours = 1;
  return {
    ...neuron,
    openNeighbour: () => openNeuron(`n${(neighbours += 1)}`, options.channels === true ? { channels: true } : {}),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      for (const close of closers.reverse()) await close();
    },
  };
}
