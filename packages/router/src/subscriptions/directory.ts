import type { Channel, Peer, Subscription } from '../channel.ts';
import type { NeuronLife } from '../membership.ts';
import { ChannelNode } from './channel-node.ts';
import { parentPath } from './parent-path.ts';
import type { Place } from './place.ts';
import { PlaceIndex } from './place-index.ts';
import type { Slot } from './slot-document.ts';

/**
 * What changed on a channel.
 *
 * - `join`, `leave`: a device came, or went; `users` is what that leaves of the user: how many devices.
 * - `update`: it says something else of itself.
 * - `move`: it is held by another neuron, or in another subscription, than `previous`. Where it says something else of itself there, an `update` follows.
 */
export interface PresenceChange {
  readonly type: 'join' | 'leave' | 'update' | 'move';
  readonly peer: Peer;
  readonly previous?: Peer;
  /** Devices of the user on this channel, after it. */
  readonly devices: number;
}

interface HeldSlot {
  readonly incarnation: string;
  readonly peers: ReadonlyMap<string, Peer>;
  readonly listeners: readonly Place[];
  active: boolean;
}

/** What a {@link Directory} asks and tells. */
export interface DirectoryParts {
  /** Whether a life of a neuron counts. */
  readonly isLive: (neuron: string, incarnation: string) => boolean;
  readonly onChange: (change: PresenceChange) => void;
}

/**
 * Who is where, and who listens where: the slots of all other neurons, of which those count whose neuron is alive in that life, and what is this neuron's own. Everything is answered
 * from memory, each question in time proportional to its answer. Pure (SPEC, D1 to D8).
 */
export class Directory {
  readonly #parts: DirectoryParts;
  readonly #neurons = new Map<string, Map<number, HeldSlot>>();
  readonly #buckets = new Map<string, Map<string, ChannelNode>>();
  /** On which neurons somebody listens, place by place. */
  readonly listeners = new PlaceIndex<string>();
  #size = 0;
  /** While the slots are told anew: those that were not told again yet. */
  #untold: Map<string, Set<number>> | undefined;

  constructor(parts: DirectoryParts) {
    this.#parts = parts;
  }

  /** A slot of another neuron is stored like this now; `undefined`: it is not stored. */
  setSlot(neuron: string, slot: number, value: Slot | undefined): void {
    this.#untold?.get(neuron)?.delete(slot);
    let slots = this.#neurons.get(neuron);
    const before = slots?.get(slot);
    const after = value === undefined ? undefined : this.#held(neuron, value, before);
    if (after === undefined) {
      slots?.delete(slot);
      if (slots?.size === 0) this.#neurons.delete(neuron);
    } else {
      if (slots === undefined) this.#neurons.set(neuron, (slots = new Map()));
      slots.set(slot, after);
    }
    // What came is added before what went is removed, so that what only was rewritten is neither.
    if (after?.active === true) for (const peer of after.peers.values()) if (before?.active !== true || before.peers.get(keyOf(peer)) !== peer) this.#add(peer);
    if (after?.active === true) for (const place of after.listeners) this.listeners.add(place, neuron);
    if (before?.active === true) for (const [key, peer] of before.peers) if (after?.active !== true || after.peers.get(key) !== peer) this.#remove(peer);
    if (before?.active === true) for (const place of before.listeners) this.listeners.remove(place, neuron);
  }

  /** Asks again of every neuron whether it counts. */
  recheck(): void {
    for (const [neuron, slots] of this.#neurons) {
      for (const held of slots.values()) {
        const active = this.#parts.isLive(neuron, held.incarnation);
        if (active === held.active) continue;
        held.active = active;
        for (const peer of held.peers.values()) {
          if (active) this.#add(peer);
          else this.#remove(peer);
        }
        for (const place of held.listeners) {
          if (active) this.listeners.add(place, neuron);
          else this.listeners.remove(place, neuron);
        }
      }
    }
  }

  /** All slots are going to be told anew. What counts goes on counting until {@link Directory.endTelling}. */
  beginTelling(): void {
    this.#untold = new Map([...this.#neurons].map(([neuron, slots]) => [neuron, new Set(slots.keys())]));
  }

  /** All slots have been told: those that were not are none. */
  endTelling(): void {
    const untold = this.#untold;
    this.#untold = undefined;
    for (const [neuron, slots] of untold ?? []) for (const slot of slots) this.setSlot(neuron, slot, undefined);
  }

  /** Adds a subscription of this neuron; the same object takes it out again. */
  addOwn(peer: Peer): void {
    this.#add(peer);
  }

  removeOwn(peer: Peer): void {
    this.#remove(peer);
  }

  /** Puts another state in the place of the one before. */
  replaceOwn(before: Peer, after: Peer): void {
    this.#add(after);
    this.#remove(before);
  }

  /** Channels on which somebody is. */
  get size(): number {
    return this.#size;
  }

  /** Who is on a channel; `undefined`: nobody. */
  channel({ bucket, path }: Channel): ChannelNode | undefined {
    const node = this.#buckets.get(bucket)?.get(path);
    return node !== undefined && node.size > 0 ? node : undefined;
  }

  /** The channels at a path and beneath it on which somebody is. */
  *subtree({ bucket, path }: Channel): Iterable<ChannelNode> {
    const base = this.#buckets.get(bucket)?.get(path);
    const waiting = base === undefined ? [] : [base];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      waiting.push(...node.children);
      if (node.size > 0) yield node;
    }
  }

  /** The lives of other neurons that do not count and of which slots are stored; of several of one neuron the latest. */
  *left(): Iterable<NeuronLife> {
    for (const [neuron, slots] of this.#neurons) {
      let latest: string | undefined;
      for (const { incarnation, active } of slots.values()) if (!active && (latest === undefined || incarnation > latest)) latest = incarnation;
      if (latest !== undefined) yield { neuron, incarnation: latest };
    }
  }

  /** The buckets with channels on which somebody is. */
  buckets(): Iterable<string> {
    return this.#buckets.keys();
  }

  #held(neuron: string, { incarnation, subscriptions, listeners = [] }: Slot, before: HeldSlot | undefined): HeldSlot {
    const peers = new Map<string, Peer>();
    for (const subscription of subscriptions) {
      const key = keyOf(subscription);
      const known = before?.peers.get(key);
      peers.set(key, known !== undefined && isSame(known, subscription) ? known : { ...subscription, neuron });
    }
    return { incarnation, peers, listeners, active: this.#parts.isLive(neuron, incarnation) };
  }

  #add(peer: Peer): void {
    const node = this.#nodeAt(peer);
    const before = node.add(peer);
    if (node.size === 1 && before === undefined) this.#size += 1;
    const current = node.find(peer.user, peer.device);
    if (before === undefined) this.#tell('join', node, { peer });
    else if (current === peer) this.#tellOther(node, peer, before);
  }

  #remove(peer: Peer): void {
    const node = this.#buckets.get(peer.bucket)?.get(peer.path);
    if (node === undefined) return;
    const before = node.find(peer.user, peer.device);
    const { size } = node;
    node.remove(peer);
    if (size > 0 && node.size === 0) this.#size -= 1;
    const current = node.find(peer.user, peer.device);
    if (before !== undefined && current !== before) {
      if (current === undefined) this.#tell('leave', node, { peer });
      else this.#tellOther(node, current, before);
    }
    this.#prune(node);
  }

  /** Another subscription of a device counts now. One that moves may say something else of itself, too. */
  #tellOther(node: ChannelNode, peer: Peer, previous: Peer): void {
    const moved = isMove(previous, peer);
    if (moved) this.#tell('move', node, { peer, previous });
    if (!moved || !isSameState(previous, peer)) this.#tell('update', node, { peer, previous });
  }

  #tell(type: PresenceChange['type'], node: ChannelNode, { peer, previous }: Pick<PresenceChange, 'peer' | 'previous'>): void {
    let devices = 0;
    for (const _ of node.peersOf(peer.user)) devices += 1;
    this.#parts.onChange({ type, peer, devices, ...(previous === undefined ? {} : { previous }) });
  }

  #nodeAt({ bucket, path }: Channel): ChannelNode {
    let nodes = this.#buckets.get(bucket);
    if (nodes === undefined) this.#buckets.set(bucket, (nodes = new Map()));
    const known = nodes.get(path);
    if (known !== undefined) return known;
    const parent = path === '/' ? undefined : this.#nodeAt({ bucket, path: parentPath(path) });
    const node = new ChannelNode({ bucket, path }, parent);
    parent?.children.add(node);
    nodes.set(path, node);
    return node;
  }

  #prune(from: ChannelNode): void {
    const nodes = this.#buckets.get(from.bucket);
    for (let node: ChannelNode | undefined = from; node !== undefined && node.size === 0 && node.children.size === 0; node = node.parent) {
      nodes?.delete(node.path);
      node.parent?.children.delete(node);
    }
    if (nodes?.size === 0) this.#buckets.delete(from.bucket);
  }
}

/** Neither a device nor a user holds a slash, and a path begins with one. */
function keyOf({ bucket, path, user, device }: Subscription): string {
  return `${device}/${user}/${bucket.length}/${bucket}${path}`;
}

function isMove(before: Peer, after: Peer): boolean {
  return before.neuron !== after.neuron || before.joinedAtMs !== after.joinedAtMs;
}

function isSame(known: Subscription, told: Subscription): boolean {
  return known.joinedAtMs === told.joinedAtMs && isSameState(known, told);
}

function isSameState(one: Subscription, other: Subscription): boolean {
  return one.state === other.state || JSON.stringify(one.state) === JSON.stringify(other.state);
}
