import type { Socket } from 'node:net';

import { DataTokens } from '@xir/accounts';
import { systemClock } from '@xir/couch-client';

import { ChangeFollower } from './changes/change-follower.ts';
import { Channels } from './channels.ts';
import type { Client } from './client.ts';
import { commandTable } from './commands/table.ts';
import { Connection } from './connection.ts';
import type { RespContext } from './context.ts';
import { FoldedAdditions } from './folded-additions.ts';
import { KeyTurns } from './key-turns.ts';
import { completeLimits } from './limits.ts';
import { RespMetrics, type RespMetricsSnapshot } from './metrics.ts';
import type { RespOptions } from './options.ts';
import { ScanCursors } from './scan-cursors.ts';
import { invalidate } from './tracking/invalidation.ts';
import { TrackedNames } from './tracking/tracked-names.ts';

/** The Redis protocol over a store, for connections from anywhere. */
export interface RespFace extends AsyncDisposable {
  /** Serves a connection until it ends. */
  accept(socket: Socket): void;
  metrics(): RespMetricsSnapshot;
  /** The neuron's standing has changed: where it is away, connections that listen to channels of the router are ended, so that they see that messages are missing. */
  recheck(): void;
  /** Takes no more requests, lets those under way finish, and ends the connections; what is not over after `drainMs` is cut. Idempotent. */
  close(drainMs?: number): Promise<void>;
}

/** Makes the face. Throws `TypeError` for limits that make no sense. */
export function createRespFace(options: RespOptions): RespFace {
  const { store, accounts, neuron, version = '0.0.0', clock = systemClock, standing = () => 'serving' } = options;
  const limits = completeLimits(options.limits);
  if (!(limits.maxConnections >= 1)) throw new TypeError('maxConnections must be at least 1');
  const metrics = new RespMetrics();
  const clients = new Map<number, Client>();
  const connections = new Set<Connection>();
  const changes = new ChangeFollower(store);
  const tracked = new TrackedNames({
    store,
    changes,
    metrics,
    maxNames: limits.maxTrackedNames,
    invalidate: (client, names, cause) => invalidate({ clients, metrics, accounts }, client, { names, cause }),
  });
  const context: RespContext = {
    store,
    accounts,
    tokens: options.systemSecret === undefined ? undefined : new DataTokens(options.systemSecret),
    neuron,
    version,
    clock,
    startedMs: clock.now(),
    limits,
    metrics,
    clients,
    commands: commandTable(),
    turns: new KeyTurns(),
    additions: new FoldedAdditions(),
    cursors: new ScanCursors(limits.maxScanCursors),
    changes,
    channels: new Channels(changes, { metrics, logins: accounts.logins, clock, router: options.router, standing }),
    tracked,
    countRequest: options.countRequest,
    onError: (error) => options.onError?.(error),
  };
  let lastId = 0;
  let closing: Promise<void> | undefined;
  let onEmpty: (() => void) | undefined;

  const accept = (socket: Socket): void => {
    if (closing !== undefined || connections.size >= limits.maxConnections) {
      metrics.connectionsRefused += 1;
      socket.on('error', () => socket.destroy());
      socket.end(closing === undefined ? '-ERR max number of clients reached\r\n' : '-ERR the neuron is closing\r\n');
      socket.destroySoon();
      return;
    }
    lastId += 1;
    const connection = new Connection(lastId, socket, context);
    connections.add(connection);
    clients.set(lastId, connection.client);
    metrics.connections += 1;
    metrics.connectionsTotal += 1;
    socket.once('close', () => {
      connections.delete(connection);
      clients.delete(connection.client.id);
      metrics.connections -= 1;
      if (connections.size === 0) onEmpty?.();
    });
  };

  const close = (drainMs = 0): Promise<void> => (closing ??= closeAll(drainMs));
  const closeAll = async (drainMs: number): Promise<void> => {
    for (const connection of connections) connection.drain();
    if (connections.size > 0) {
      await new Promise<void>((resolve) => {
        onEmpty = resolve;
        const timer = clock.schedule(drainMs, () => {
          for (const connection of connections) connection.destroy();
        });
        const finish = onEmpty;
        onEmpty = () => {
          timer.cancel();
          finish();
        };
      });
    }
    changes.close();
    tracked.close();
  };
  const recheck = () => {
    if (standing() === 'away') context.channels.endListening();
  };
  return { accept, metrics: () => metrics.snapshot(), recheck, close, [Symbol.asyncDispose]: () => close() };
}
