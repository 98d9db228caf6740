import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';

import { refuseUpgrade } from './refuse-upgrade.ts';
import type { WebSocketFace } from './websocket-face.ts';

/** The path at which the data API is served. */
export const WEBSOCKET_PATH = '/ws';

/** Takes an upgrade over, or says (false) that it is for something else. */
export type UpgradeRoute = (request: IncomingMessage, socket: Socket, head: Buffer) => boolean;

/**
 * Serves the face at `/ws` of an HTTP or HTTPS server, and what else there is at other paths. Upgrades to other protocols, such as `h2c`, are passed over: the request is answered as if it had not asked
 * (RFC 9110, 7.8). All other paths get 404. The face is to be closed before the server is.
 */
export function attachWebSocketFace(server: Server, face: Pick<WebSocketFace, 'upgrade'>, elsewhere: UpgradeRoute = () => false): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') passOver(server, request, socket);
    else if (pathOf(request) === WEBSOCKET_PATH) face.upgrade(request, socket, head);
    else if (!elsewhere(request, socket, head)) {
      socket.on('error', () => socket.destroy());
      refuseUpgrade(socket, 'not_found');
    }
  });
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Node.js hands an upgrade over with its parser gone: the request is answered if it has no body, and the connection ends with it. */
function passOver(server: Server, request: IncomingMessage, socket: Socket): void {
  socket.on('error', () => socket.destroy());
  const { headers } = request;
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') return refuseUpgrade(socket, 'bad_request');
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.end();
  });
  server.emit('request', request, response);
}
