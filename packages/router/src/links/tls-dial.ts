import type { IncomingMessage } from 'node:http';
import { TLSSocket, type ConnectionOptions } from 'node:tls';
import type { Clock } from '@xir/couch-client';
import { WebSocket, type ClientOptions } from 'ws';
import type { LinkAddress } from '../membership/lease.ts';
import { serverNameOf } from './certificates.ts';
import type { LinkCredentials } from './link-identity.ts';
import { LinkSocket, proofOf, type LinkProof } from './link-socket.ts';
import { MAX_LINK_FRAME_BYTES } from './limits.ts';
import type { DialResult } from './peer-link.ts';

/** The path of the link on its port. */
export const LINK_PATH = '/link/v1';
/** The status by which a neuron says that it is connecting to the one that asks, at this moment. */
export const CROSSED_STATUS = 409;

/** Whom to connect to, and as whom. */
export interface TlsDialOptions {
  readonly neuron: string;
  readonly address: LinkAddress;
  readonly credentials: LinkCredentials;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Whether this certificate, given by its serial number in lower case, is not to be believed any more. */
  readonly isRevoked: (neuron: string, serial: string) => boolean;
}

/** Connects to the link of a neuron, which has to prove that it is that one. Never rejects. */
export function dialLink({ neuron, address, credentials, timeoutMs, clock, isRevoked }: TlsDialOptions): Promise<DialResult> {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return new Promise((resolve) => {
    const options: ClientOptions & ConnectionOptions = {
      ...credentials,
      servername: serverNameOf(neuron),
      minVersion: 'TLSv1.3',
      rejectUnauthorized: true,
      perMessageDeflate: false,
      handshakeTimeout: timeoutMs,
      maxPayload: MAX_LINK_FRAME_BYTES,
      followRedirects: false,
    };
    const socket = new WebSocket(`wss://${host}:${address.port}${LINK_PATH}`, options);
    let proof: LinkProof | undefined;
    socket.once('upgrade', (response: IncomingMessage) => {
      const certificate = response.socket instanceof TLSSocket ? response.socket.getPeerX509Certificate() : undefined;
      proof = certificate === undefined ? undefined : proofOf(certificate);
    });
    socket.once('open', () => {
      if (proof === undefined || isRevoked(neuron, proof.serial)) {
        socket.terminate();
        return resolve({ type: 'silent' });
      }
      resolve({ type: 'open', socket: new LinkSocket(socket, proof, clock) });
    });
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve({ type: response.statusCode === CROSSED_STATUS ? 'crossed' : 'silent' });
    });
    // Every failure ends here; what comes after the answer is the business of who uses the connection.
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ type: error.code === 'ECONNREFUSED' ? 'refused' : 'silent' }));
  });
}
