import type { IncomingMessage } from 'node:http';

import { normaliseIpAddress } from '@xir/accounts';

/** The client's address: the socket's, or behind a trusted proxy the last entry of `X-Forwarded-For`. */
export function remoteAddressOf({ headers, socket }: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? String(headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() : undefined;
  const trusted = forwarded === undefined ? undefined : normaliseIpAddress(forwarded);
  return trusted ?? normaliseIpAddress(socket.remoteAddress ?? '') ?? 'unknown';
}
