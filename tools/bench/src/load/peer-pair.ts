import { once } from 'node:events';

import { WebSocket } from 'ws';

import { pause } from '../measures/sightings.ts';
import type { NatsRoute } from '../servers/nats-route.ts';
import type { NeuronProcess } from '../servers/neuron.ts';
import { connectSocketIo, type SocketIoPair } from '../servers/socket-io.ts';
import { openNats } from './nats-connection.ts';
import { signallingText } from './fan-out-protocols.ts';
import { tokensOf } from './tokens.ts';

/** Two peers on two servers. */
export interface PeerPair extends Disposable {
  readonly name: string;
  /** Sends a text from the one on the first to the one on the second; resolves when it is there, to the milliseconds that took. One at a time. */
  send(text: string): Promise<number>;
}

const PEERS = ['alice', 'bob'] as const;
const PATH = '/pair';
const SUBJECT = 'pair';
const HEARD_TIMEOUT_MS = 5000;
const LOOK_MS = 20;

/** Signalling clients on two neurons, or on one. `all`: what is sent goes to everybody on their channel instead of to the other's name. */
export async function neuronPair(a: NeuronProcess, b: NeuronProcess, to: 'peer' | 'all' = 'peer'): Promise<PeerPair> {
  const tokens = await tokensOf(a, PEERS);
  const connect = (neuron: NeuronProcess, token: string | undefined) => new WebSocket(`${neuron.webSocketUrl}/v2/${token ?? ''}${PATH}`, { perMessageDeflate: false });
  const alice = connect(a, tokens[0]);
  const isThere = new Promise<void>((resolve) => alice.on('message', (data: Buffer) => (data.includes('"p":"bob"') ? resolve() : undefined)));
  await once(alice, 'open');
  const bob = connect(b, tokens[1]);
  await isThere;
  const listening = new Listening('neuron');
  bob.on('message', (data: Buffer) => listening.heard(data.toString()));
  const meta = to === 'all' ? '{"o":"message"}' : '{"o":"message","t":"bob"}';
  return listening.pair(
    (text) => alice.send(signallingText(JSON.stringify(text), meta)),
    () => {
      alice.terminate();
      bob.terminate();
    },
  );
}

/** Clients of two servers of NATS. */
export async function natsPair({ a, b }: NatsRoute): Promise<PeerPair> {
  const [alice, bob] = [await openNats(a.port), await openNats(b.port)];
  const listening = new Listening('nats');
  let isThere = false;
  bob.subscribe(SUBJECT, ({ payload }) => {
    isThere = true;
    listening.heard(payload);
  });
  // The servers have to find one another, and tell who listens.
  for (let waitedMs = 0; !isThere; waitedMs += LOOK_MS) {
    if (waitedMs > HEARD_TIMEOUT_MS) throw new Error('the two nats-servers did not find one another');
    alice.publish(SUBJECT, 'first');
    await pause(LOOK_MS);
  }
  return listening.pair(
    (text) => alice.publish(SUBJECT, text),
    () => {
      alice[Symbol.dispose]();
      bob[Symbol.dispose]();
    },
  );
}

/** Clients of two Socket.IO servers. */
export async function socketIoPair({ ports }: SocketIoPair): Promise<PeerPair> {
  const [alice, bob] = [await connectSocketIo(ports[0], PEERS[0]), await connectSocketIo(ports[1], PEERS[1])];
  const listening = new Listening('socket.io');
  bob.on('message', (text: string) => listening.heard(text));
  return listening.pair(
    (text) => alice.emit('to', 'bob', text),
    () => {
      alice.disconnect();
      bob.disconnect();
    },
  );
}

/** Waits for one text at a time. */
class Listening {
  readonly #name: string;
  #wanted = '';
  #onHeard: () => void = () => undefined;

  constructor(name: string) {
    this.#name = name;
  }

  heard(text: string): void {
    if (this.#wanted !== '' && text.includes(this.#wanted)) this.#onHeard();
  }

  pair(send: (text: string) => void, end: () => void): PeerPair {
    return {
      name: this.#name,
      send: (text) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`${this.#name}: a message was not heard`)), HEARD_TIMEOUT_MS);
          this.#wanted = text;
          const startedMs = performance.now();
          this.#onHeard = () => {
            resolve(performance.now() - startedMs);
            clearTimeout(timer);
            this.#wanted = '';
          };
          send(text);
        }),
      [Symbol.dispose]: end,
    };
  }
}
