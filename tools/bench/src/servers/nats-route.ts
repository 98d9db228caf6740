import { startDaemon, type Daemon } from './daemon.ts';

/** Two servers of a cluster of NATS. */
export interface NatsRoute extends AsyncDisposable {
  readonly a: Daemon;
  readonly b: Daemon;
}

/** Starts two nats-servers without JetStream, pinned to a core, with a route between them. Throws {@link PeerMissingError} where it is not installed. */
export async function startNatsRoute(core: number): Promise<NatsRoute> {
  let routePort = 0;
  const start = (): Promise<Daemon> =>
    startDaemon({
      command: 'nats-server',
      debianPackage: 'nats-server',
      core,
      flags: ({ port, otherPort }) => {
        if (routePort === 0) routePort = otherPort;
        return ['--addr', '127.0.0.1', '--port', String(port), '--cluster_name', 'bench', '--cluster', `nats://127.0.0.1:${otherPort}`, '--routes', `nats://127.0.0.1:${routePort}`];
      },
    });
  const a = await start();
  try {
    const b = await start();
    return {
      a,
      b,
      async [Symbol.asyncDispose]() {
        await b[Symbol.asyncDispose]();
        await a[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await a[Symbol.asyncDispose]();
    throw error;
  }
}
