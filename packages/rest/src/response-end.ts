import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const queued = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls once when a response has been sent or never will be. Node.js says nothing of a response that waits behind others of its connection (pipelining) when that
 * connection closes; without a word of it, what is counted for the request would be counted for ever.
 */
export function onResponseEnd(request: IncomingMessage, response: ServerResponse, listener: () => void): void {
  if (response.socket !== null) {
    response.once('close', listener);
    return;
  }
  const { socket } = request;
  const end = (): void => {
    if (queued.get(socket)?.delete(end) === true) listener();
  };
  const waiting = queued.get(socket) ?? watchSocket(socket);
  waiting.add(end);
  response.once('close', end);
  // It may have closed before anybody looked.
  if (socket.destroyed) end();
}

/** One listener per connection, however many responses wait. */
function watchSocket(socket: Socket): Set<() => void> {
  const waiting = new Set<() => void>();
  queued.set(socket, waiting);
  socket.once('close', () => {
    for (const end of waiting) end();
  });
  return waiting;
}
