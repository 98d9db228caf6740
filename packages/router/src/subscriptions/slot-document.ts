import { normalisePath, type JsonObject, type JsonValue } from '@xir/kv4-core';

import { isDevice, isUser, type Subscription } from '../channel.ts';
import type { Place } from './place.ts';

/** Most subscriptions and listeners in one slot: the unit in which a neuron writes down who is connected to it, and where it listens. */
export const MAX_SLOT_SUBSCRIPTIONS = 256;

/** Longest state of a peer, in characters of its JSON text: a full slot stays below what a value of KV4 may have. */
export const MAX_STATE_CHARACTERS = 1024;

/** What a slot says. */
export interface Slot {
  /** The life of the neuron process in which it was written. */
  readonly incarnation: string;
  readonly subscriptions: readonly Subscription[];
  /** Where somebody listens on the neuron, each place once; absent: nowhere. */
  readonly listeners?: readonly Place[];
}

/**
 * The value that is stored for a slot: `{ "incarnation": …, "channels": [[bucket, path, [[user, device, joinedAtMs, state?], …]], …] }`, and `"listeners": [[bucket, path, subtree], …]`
 * where there are some. Channels are named once.
 */
export function encodeSlot({ incarnation, subscriptions, listeners = [] }: Slot): JsonObject {
  const channels = new Map<string, [bucket: string, path: string, members: JsonValue[]]>();
  for (const { bucket, path, user, device, joinedAtMs, state } of subscriptions) {
    const key = JSON.stringify([bucket, path]);
    const channel = channels.get(key) ?? [bucket, path, []];
    channels.set(key, channel);
    channel[2].push(state === undefined ? [user, device, joinedAtMs] : [user, device, joinedAtMs, state]);
  }
  const slot = { incarnation, channels: [...channels.values()] };
  return listeners.length === 0 ? slot : { ...slot, listeners: listeners.map(({ bucket, path, subtree }) => [bucket, path, subtree]) };
}

/** In which life a slot was stored, from its JSON text; `undefined`: it does not begin as {@link encodeSlot} has it. */
export function incarnationOf(valueText: string): string | undefined {
  return /^\{"incarnation":"([^"\\]+)"/.exec(valueText)?.[1];
}

/** Reads a stored slot. What is not one, or holds a part that is none, is `undefined`: a slot is believed whole or not at all. */
export function decodeSlot(value: JsonValue): Slot | undefined {
  if (!isObject(value)) return undefined;
  const { incarnation, channels, listeners } = value;
  if (typeof incarnation !== 'string' || incarnation === '' || !Array.isArray(channels)) return undefined;
  const subscriptions: Subscription[] = [];
  for (const channel of channels) if (!readChannel(channel, subscriptions)) return undefined;
  // Slots of earlier versions name no listeners.
  if (listeners === undefined) return { incarnation, subscriptions };
  const places = readPlaces(listeners);
  return places === undefined || places.length + subscriptions.length > MAX_SLOT_SUBSCRIPTIONS ? undefined : { incarnation, subscriptions, listeners: places };
}

function readPlaces(value: JsonValue): Place[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_SLOT_SUBSCRIPTIONS) return undefined;
  const places: Place[] = [];
  for (const place of value) {
    const [bucket, path, subtree] = Array.isArray(place) ? place : [];
    if (typeof bucket !== 'string' || bucket === '' || typeof path !== 'string' || !isNormal(path) || typeof subtree !== 'boolean') return undefined;
    places.push({ bucket, path, subtree });
  }
  return places;
}

function readChannel(value: JsonValue, into: Subscription[]): boolean {
  if (!Array.isArray(value)) return false;
  const [bucket, path, members] = value;
  if (typeof bucket !== 'string' || bucket === '' || typeof path !== 'string' || !isNormal(path) || !Array.isArray(members)) return false;
  for (const member of members) {
    if (!Array.isArray(member) || into.length === MAX_SLOT_SUBSCRIPTIONS) return false;
    const [user, device, joinedAtMs, state] = member;
    if (!isUser(user) || !isDevice(device) || typeof joinedAtMs !== 'number') return false;
    into.push({ bucket, path, user, device, joinedAtMs, ...(state === undefined ? {} : { state }) });
  }
  return true;
}

function isNormal(path: string): boolean {
  try {
    return normalisePath(path) === path;
  } catch {
    // Too long, too deep or not well formed: no path.
    return false;
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
