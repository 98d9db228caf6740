import type { Channel, Peer } from '../channel.ts';
import type { PlannedSubscription } from '../subscriptions/slot-plan.ts';
import type { AppendGate } from './append-gate.ts';
import type { Message } from './message.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Receiver } from './receiver.ts';
import type { SenderLane, Sending } from './sender-lane.ts';

/** A peer whose connection this neuron holds. */
export interface Local {
  peer: Peer;
  /** Where it is written down; not yet where it is not known here what its channel keeps. */
  planned: PlannedSubscription | undefined;
  readonly receiver: Receiver;
  readonly lane: SenderLane;
  readonly rate: RateLimit;
  readonly gate: AppendGate<Sending>;
  present: boolean;
}

type Devices = Map<string, Local>;

/** The peers whose connections this neuron holds, by channel, user and device. */
export class LocalPeers {
  readonly #channels = new Map<string, Map<string, Devices>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(local: Local): void {
    const { peer } = local;
    const id = idOf(peer);
    let users = this.#channels.get(id);
    if (users === undefined) this.#channels.set(id, (users = new Map()));
    let devices = users.get(peer.user);
    if (devices === undefined) users.set(peer.user, (devices = new Map()));
    if (!devices.has(peer.device)) this.#size += 1;
    devices.set(peer.device, local);
  }

  /** Takes a peer out, unless another has its place. */
  remove(local: Local): void {
    const { peer } = local;
    const id = idOf(peer);
    const users = this.#channels.get(id);
    const devices = users?.get(peer.user);
    if (users === undefined || devices?.get(peer.device) !== local) return;
    this.#size -= 1;
    devices.delete(peer.device);
    if (devices.size === 0) users.delete(peer.user);
    if (users.size === 0) this.#channels.delete(id);
  }

  find(channel: Channel, user: string, device: string): Local | undefined {
    return this.#channels.get(idOf(channel))?.get(user)?.get(device);
  }

  *on(channel: Channel): Iterable<Local> {
    for (const devices of this.#channels.get(idOf(channel))?.values() ?? []) yield* devices.values();
  }

  all(): Local[] {
    return [...this.#channels.values()].flatMap((users) => [...users.values()].flatMap((devices) => [...devices.values()]));
  }

  /** Calls `visit` for each receiver of a message on one channel: the hot path, so no iterator. */
  forEach({ bucket, path }: Channel, { user, device, target, channel, published }: Message, visit: (local: Local) => void): void {
    const users = this.#channels.get(idOf({ bucket, path }));
    if (users === undefined) return;
    if (target.type === 'user') {
      const devices = users.get(target.user);
      if (target.device === undefined) devices?.forEach(visit);
      else {
        const local = devices?.get(target.device);
        if (local !== undefined) visit(local);
      }
      return;
    }
    const isOwn = published !== true && path === channel.path;
    users.forEach((devices, name) =>
      devices.forEach((local, deviceName) => {
        if (!isOwn || name !== user || deviceName !== device) visit(local);
      }),
    );
  }
}

function idOf({ bucket, path }: Channel): string {
  return `${bucket.length}/${bucket}${path}`;
}
