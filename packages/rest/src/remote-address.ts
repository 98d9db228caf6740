import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { normaliseIpAddress } from '@xir/accounts';

const bySocket = new WeakMap<Socket, string>();

/** The client's address: the socket's, or behind a trusted proxy the last entry of `X-Forwarded-For`. */
export function remoteAddressOf(request: IncomingMessage, trustProxy: boolean): string {
  if (trustProxy) {
    const forwarded = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim();
    const address = forwarded === undefined ? undefined : normaliseIpAddress(forwarded);
    if (address !== undefined) return address;
  }
  const { socket } = request;
  const known = bySocket.get(socket);
  if (known !== undefined) return known;
  const address = normaliseIpAddress(socket.remoteAddress ?? '') ?? 'unknown';
  bySocket.set(socket, address);
  return address;
}
