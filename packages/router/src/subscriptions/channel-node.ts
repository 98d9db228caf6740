import type { Channel, Peer } from '../channel.ts';

/** Who is on one channel, as the directory keeps it. The same device may be held by several neurons for a while: the newest counts, by time and then by name. */
export class ChannelNode implements Channel {
  readonly bucket: string;
  readonly path: string;
  readonly parent: ChannelNode | undefined;
  readonly children = new Set<ChannelNode>();
  /** How many devices of how many users each neuron has here. */
  readonly neurons = new Map<string, number>();
  readonly #users = new Map<string, Map<string, Peer[]>>();
  #size = 0;

  constructor({ bucket, path }: Channel, parent: ChannelNode | undefined) {
    this.bucket = bucket;
    this.path = path;
    this.parent = parent;
  }

  /** Devices that are here. */
  get size(): number {
    return this.#size;
  }

  /** Users that are here, each with one device or more. */
  get userCount(): number {
    return this.#users.size;
  }

  users(): Iterable<string> {
    return this.#users.keys();
  }

  hasUser(user: string): boolean {
    return this.#users.has(user);
  }

  /** The device, where its newest subscription is. */
  find(user: string, device: string): Peer | undefined {
    return this.#users.get(user)?.get(device)?.[0];
  }

  *peersOf(user: string): Iterable<Peer> {
    for (const [peer] of this.#users.get(user)?.values() ?? []) if (peer !== undefined) yield peer;
  }

  *peers(): Iterable<Peer> {
    for (const devices of this.#users.values()) for (const [peer] of devices.values()) if (peer !== undefined) yield peer;
  }

  /** Adds a holding; gives back which one counted before. */
  add(peer: Peer): Peer | undefined {
    let devices = this.#users.get(peer.user);
    if (devices === undefined) this.#users.set(peer.user, (devices = new Map()));
    const holdings = devices.get(peer.device);
    if (holdings === undefined) {
      devices.set(peer.device, [peer]);
      this.#size += 1;
      this.#count(peer.neuron, 1);
      return undefined;
    }
    const [before] = holdings;
    holdings.push(peer);
    holdings.sort(newestFirst);
    this.#moved(before, holdings[0]);
    return before;
  }

  /** Takes a holding out; harmless when it is not there. */
  remove(peer: Peer): void {
    const devices = this.#users.get(peer.user);
    const holdings = devices?.get(peer.device);
    const index = holdings?.indexOf(peer) ?? -1;
    if (devices === undefined || holdings === undefined || index < 0) return;
    const [before] = holdings;
    holdings.splice(index, 1);
    this.#moved(before, holdings[0]);
    if (holdings.length > 0) return;
    this.#size -= 1;
    devices.delete(peer.device);
    if (devices.size === 0) this.#users.delete(peer.user);
  }

  #moved(before: Peer | undefined, after: Peer | undefined): void {
    if (before?.neuron === after?.neuron) return;
    if (before !== undefined) this.#count(before.neuron, -1);
    if (after !== undefined) this.#count(after.neuron, 1);
  }

  #count(neuron: string, by: number): void {
    const count = (this.neurons.get(neuron) ?? 0) + by;
    if (count === 0) this.neurons.delete(neuron);
    else this.neurons.set(neuron, count);
  }
}

function newestFirst(a: Peer, b: Peer): number {
  return b.joinedAtMs - a.joinedAtMs || (a.neuron < b.neuron ? 1 : a.neuron > b.neuron ? -1 : 0);
}
