import type { Duplex } from 'node:stream';

import { ERROR_STRINGS, errorText, type ErrorString } from '@xir/protocol';

/** Answers an upgrade that is refused, with an envelope and the precise status, and ends the connection. */
export function refuseUpgrade(socket: Duplex, error: ErrorString, headers: readonly string[] = []): void {
  if (socket.destroyed) return;
  const body = errorText(error);
  const lines = [`HTTP/1.1 ${ERROR_STRINGS[error].status} ${error}`, 'Content-Type: application/json', 'Connection: close', `Content-Length: ${body.length}`, ...headers];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
