import { startDaemon, type Daemon } from './daemon.ts';

/** Starts redis-server without persistence, pinned to a core. */
export function startRedis(core: number): Promise<Daemon> {
  return startDaemon({
    command: 'redis-server',
    debianPackage: 'redis-server',
    core,
    flags: ({ port, directory }) => ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory],
  });
}
