import { once } from 'node:events';
import { connect } from 'node:net';

import { NatsReader, publication, type NatsMessage } from './nats-protocol.ts';

/** A connection to a nats-server that costs the load generator little. */
export interface NatsConnection extends Disposable {
  /** Publishes and resolves to the first answer. One at a time. Rejects where nobody answers. */
  request(subject: string, payload: string): Promise<NatsMessage>;
  /** Publishes, and waits for nothing. */
  publish(subject: string, payload: string): void;
  /** Calls with each message of a subject. */
  subscribe(subject: string, seen: (message: NatsMessage) => void): void;
}

/** What the server says when nobody listens to the subject of a request. */
const NO_RESPONDERS = 'NATS/1.0 503';
const ANSWERS = '_INBOX.answer';

/** Opens a connection. */
export async function openNats(port: number): Promise<NatsConnection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  socket.setEncoding('latin1');
  const reader = new NatsReader();
  const listeners = new Map<number, (message: NatsMessage) => void>();
  let subscriptions = 0;
  let waiting: { readonly resolve: (message: NatsMessage) => void; readonly reject: (error: Error) => void } | undefined;
  const fail = (error: Error): void => waiting?.reject(error);
  const subscribe = (subject: string, seen: (message: NatsMessage) => void): void => {
    subscriptions += 1;
    listeners.set(subscriptions, seen);
    socket.write(`SUB ${subject} ${subscriptions}\r\n`);
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('nats-server closed a connection')));
  socket.on('data', (chunk: string) => {
    try {
      const { messages, pings } = reader.push(chunk);
      for (let count = 0; count < pings; count += 1) socket.write('PONG\r\n');
      for (const message of messages) listeners.get(message.subscription)?.(message);
    } catch (error) {
      fail(error as Error);
      socket.destroy();
    }
  });
  socket.write('CONNECT {"verbose":false,"pedantic":false,"lang":"xir-bench","version":"1","protocol":1,"headers":true,"no_responders":true}\r\n');
  // Each connection has an inbox of its own.
  const inbox = `${ANSWERS}.${socket.localPort ?? 0}`;
  subscribe(inbox, (message) => {
    if (message.header.startsWith(NO_RESPONDERS)) waiting?.reject(new Error('nobody answers on that subject'));
    else waiting?.resolve(message);
  });
  return {
    subscribe,
    publish: (subject, payload) => void socket.write(publication(subject, '', payload), 'latin1'),
    request: (subject, payload) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(publication(subject, inbox, payload), 'latin1');
      }),
    [Symbol.dispose]: () => void socket.removeAllListeners('close').destroy(),
  };
}
