/** A bare `ws` server that sends every message back: the floor beside which the WebSocket data API is measured. */
import type { AddressInfo } from 'node:net';

import { WebSocketServer, type RawData } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => socket.on('message', (data: RawData, isBinary: boolean) => socket.send(data, { binary: isBinary })));
server.on('listening', () => process.stdout.write(`${JSON.stringify({ ready: true, port: (server.address() as AddressInfo).port })}\n`));
process.on('SIGTERM', () => process.exit(0));
