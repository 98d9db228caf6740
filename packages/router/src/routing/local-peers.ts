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

/** Those on one channel: by name, and all of them in one row with their receivers, which is what a message to everybody goes along. */
interface Crowd {
  readonly users: Map<string, Devices>;
  readonly all: Map<Local, Receiver>;
}

/** The peers whose connections this neuron holds, by channel, user and device. */
export class LocalPeers {
  readonly #channels = new Map<string, Crowd>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(local: Local): void {
    const { peer } = local;
    const id = idOf(peer);
    let crowd = this.#channels.get(id);
    if (crowd === undefined) this.#channels.set(id, (crowd = { users: new Map(), all: new Map() }));
    const { users, all } = crowd;
    let devices = users.get(peer.user);
    if (devices === undefined) users.set(peer.user, (devices = new Map()));
    const replaced = devices.get(peer.device);
    if (replaced === undefined) this.#size += 1;
    else all.delete(replaced);
    devices.set(peer.device, local);
    all.set(local, local.receiver);
  }

  /** Takes a peer out, unless another has its place. */
  remove(local: Local): void {
    const { peer } = local;
    const id = idOf(peer);
    const crowd = this.#channels.get(id);
    const devices = crowd?.users.get(peer.user);
    if (crowd === undefined || devices?.get(peer.device) !== local) return;
    this.#size -= 1;
    crowd.all.delete(local);
    devices.delete(peer.device);
    if (devices.size === 0) crowd.users.delete(peer.user);
    if (crowd.all.size === 0) this.#channels.delete(id);
  }

  find(channel: Channel, user: string, device: string): Local | undefined {
    return this.#channels.get(idOf(channel))?.users.get(user)?.get(device);
  }

  on(channel: Channel): Iterable<Local> {
    return this.#channels.get(idOf(channel))?.all.keys() ?? [];
  }

  all(): Local[] {
    return [...this.#channels.values()].flatMap(({ all }) => [...all.keys()]);
  }

  /** Calls `visit` for each receiver of a message on one channel: the hot path, so no iterator. */
  forEach({ bucket, path }: Channel, { user, device, target, channel, published }: Message, visit: (receiver: Receiver) => void): void {
    const crowd = this.#channels.get(idOf({ bucket, path }));
    if (crowd === undefined) return;
    if (target.type === 'user') {
      const devices = crowd.users.get(target.user);
      if (target.device === undefined) devices?.forEach(({ receiver }) => visit(receiver));
      else {
        const local = devices?.get(target.device);
        if (local !== undefined) visit(local.receiver);
      }
      return;
    }
    const isOwn = published !== true && path === channel.path;
    const sender = isOwn ? crowd.users.get(user)?.get(device) : undefined;
    crowd.all.forEach((receiver, local) => {
      if (local !== sender) visit(receiver);
    });
  }
}

function idOf({ bucket, path }: Channel): string {
  return `${bucket.length}/${bucket}${path}`;
}
