import { connect, createServer, type AddressInfo } from 'node:net';

import { resetConnection } from '../src/reset-connection.ts';

/** Resets a connection in the moment in which it is being ended, and one that is not. */
const server = createServer((socket) => {
  socket.on('error', (error) => process.stdout.write(`${error.message}\n`)).on('close', () => process.stdout.write('closed\n'));
  if (socket.remotePort === ended.localPort) socket.end();
  resetConnection(socket);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
const ended = connect(port, '127.0.0.1').on('error', () => undefined);
const other = connect(port, '127.0.0.1').on('error', () => undefined);
await Promise.all([ended, other].map((socket) => new Promise<void>((resolve) => socket.resume().once('close', () => resolve()))));
server.close();
