import type { Channel } from '../channel.ts';
import type { AppendGate } from './append-gate.ts';
import type { Receiver } from './receiver.ts';
import type { SenderLane, Sending } from './sender-lane.ts';

/** What sends to one channel: a peer, or a publisher. Its messages there stay in order. */
export interface Sender {
  readonly peer: Channel & { readonly user: string; readonly device: string };
  readonly receiver: Pick<Receiver, 'undelivered'>;
  readonly lane: SenderLane;
  readonly gate: AppendGate<Sending>;
  /** True: nobody on the channel is the sender, whatever the names. */
  readonly isPublisher?: boolean;
}
