import type { IncomingHttpHeaders } from 'node:http';

/** A name, an IPv4 address or an IPv6 one in brackets, and perhaps a port. */
const HOST = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * Where signalling is served for whoever sent a request to the REST port: at `/ws` of the address that the request names. `undefined` where it names none. A proxy that ends TLS says so in
 * `X-Forwarded-Proto`; whoever claims it falsely misleads nobody but itself.
 */
export function ownSignalUrl({ host, 'x-forwarded-proto': forwarded }: IncomingHttpHeaders, isTls: boolean): string | undefined {
  if (host === undefined || !HOST.test(host)) return undefined;
  const isSecure = forwarded === undefined ? isTls : String(forwarded).split(',')[0]?.trim().toLowerCase() === 'https';
  return `${isSecure ? 'wss' : 'ws'}://${host}/ws`;
}
