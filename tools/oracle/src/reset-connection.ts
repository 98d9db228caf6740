import type { Socket } from 'node:net';

/**
 * Resets a connection. One whose end is being sent can only be closed: asked to reset it, Node.js 20 reports `EINVAL`, never closes the socket, and waits for
 * that for ever, at full speed, when the process ends.
 */
export function resetConnection(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
