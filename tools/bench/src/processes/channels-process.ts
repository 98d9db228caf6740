/** A router with many channels, a peer on each, in a process of its own; no sockets. */
import { MemoryReferenceStore } from '@xir/kv4-testing';
import { InMemoryNetwork, openRouter, type LocalPeer, type Router } from '@xir/router';

import { serve } from './serve.ts';

/** Channels that are sent to, spread over all of them. */
const SENDERS = 100;
/** Messages between two turns of the event loop. */
const TURN = 100;
const MESSAGE = { target: { type: 'channel' }, event: 'message', content: JSON.stringify({ msg: 'x'.repeat(90) }) } as const;
/** What a peer and an account may send does not bound what is measured. */
const LIMITS = { maxPeerMessagesPerSecond: 1e9, maxAccountMessagesPerSecond: 1e9 };

let router: Router;
let heard = 0;
const senders: LocalPeer[] = [];

serve({
  async open({ channels }: { readonly channels: number }) {
    router = await openRouter({ store: new MemoryReferenceStore(), ...new InMemoryNetwork().start('channels'), limits: LIMITS });
    const receiver = { deliver: () => void (heard += 1), end: (): void => undefined };
    const place = (channel: number, user: string) => ({ bucket: 'bench', path: `/crowd/r${channel % 100}/c${channel}`, user });
    for (let channel = 0; channel < channels; channel += 1) router.join(place(channel, 'receiver'), receiver);
    for (let n = 0; n < SENDERS; n += 1) senders.push(router.join(place(Math.floor((n * channels) / SENDERS), 'sender'), { deliver: (): void => undefined, end: (): void => undefined }));
    await router.stored();
  },
  /** Sends for so long; gives back the microseconds of CPU that a message took until its one receiver had it. */
  async send({ forMs }: { readonly forMs: number }) {
    const heardBefore = heard;
    const before = process.cpuUsage();
    const startedMs = performance.now();
    let sent = 0;
    while (performance.now() - startedMs < forMs) {
      for (let n = 0; n < TURN; n += 1) (senders[(sent += 1) % SENDERS] as LocalPeer).send(MESSAGE);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    if (heard - heardBefore !== sent) throw new Error(`${heard - heardBefore} of ${sent} messages were heard`);
    return (user + system) / sent;
  },
});
