import { WebSocket } from 'undici';
import { TEST_SECRET, type RunningNeuron } from './neuron-process.ts';

/** A signalling client that writes down what comes, each as `operation sender payload`. */
export interface ChannelClient {
  readonly frames: string[];
  /** The code with which the connection was closed. */
  readonly closed: Promise<number>;
  send(frame: object): void;
}

/** Connects a user to a channel of `$sys` on a neuron. */
export async function joinChannel({ ready }: RunningNeuron, channel: string, user: string, secret = TEST_SECRET): Promise<ChannelClient> {
  const authorization = `Basic ${btoa(`$sys:${secret}`)}`;
  const answer = (await (await fetch(`${ready.rest}/_token/${channel}?k=${user}`, { method: 'PUT', headers: { authorization } })).json()) as { readonly v: string };
  const socket = new WebSocket(`${ready.webSocket}/v2/${answer.v}`);
  const frames: string[] = [];
  socket.addEventListener('message', ({ data }) => {
    const { m, p } = JSON.parse(String(data)) as { readonly m: { readonly o: string; readonly f: string }; readonly p: unknown };
    frames.push(`${m.o} ${m.f} ${JSON.stringify(p)}`);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`${user} cannot connect to ${ready.neuron}`)));
  });
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  return { frames, closed, send: (frame) => socket.send(JSON.stringify(frame)) };
}
