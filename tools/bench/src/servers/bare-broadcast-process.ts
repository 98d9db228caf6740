/** A bare `ws` server that sends every message to all other connections: the floor beside which messages to a channel are measured. */
import type { AddressInfo } from 'node:net';

import { WebSocketServer, type RawData } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, maxPayload: 262_144 });
server.on('connection', (socket) =>
  socket.on('message', (data: RawData) => {
    for (const other of server.clients) if (other !== socket) other.send(data, { binary: false });
  }),
);
server.on('listening', () => process.stdout.write(`${JSON.stringify({ ready: true, port: (server.address() as AddressInfo).port })}\n`));
process.on('SIGTERM', () => process.exit(0));
