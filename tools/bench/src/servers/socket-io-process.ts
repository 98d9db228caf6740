/** A Socket.IO server whose others are reached over Redis (`@socket.io/redis-adapter`): each socket is in a room of its user's name. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const redisPort = Number(process.env['XIR_BENCH_REDIS_PORT']);
const server = createServer();
const io = new Server(server, { transports: ['websocket'], adapter: createAdapter(new Redis(redisPort, '127.0.0.1'), new Redis(redisPort, '127.0.0.1')) });
io.on('connection', (socket) => {
  void socket.join(String(socket.handshake.auth['user']));
  socket.on('to', (user: string, text: string) => io.to(user).emit('message', text));
  socket.on('enter', (room: string) => void socket.join(room));
  socket.on('list', async (room: string, answer: (count: number) => void) => answer((await io.in(room).fetchSockets()).length));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ ready: true, port: (server.address() as AddressInfo).port })}\n`));
process.on('SIGTERM', () => process.exit(0));
