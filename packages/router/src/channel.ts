import type { JsonValue } from '@xir/kv4-core';

/** A place to meet: a path of a bucket. */
export interface Channel {
  readonly bucket: string;
  /** In its normal form, as `normalisePath` of `@xir/kv4-core` gives it. */
  readonly path: string;
}

/** One device of a user on one channel, as the neuron that holds its connection tells the others. */
export interface Subscription extends Channel {
  readonly user: string;
  /** Tells the devices of a user apart: letters, digits, `-` and `_`, up to {@link MAX_DEVICE_CHARACTERS}. */
  readonly device: string;
  /** Milliseconds since 1970 UTC; above that of the subscription which this one replaces. */
  readonly joinedAtMs: number;
  /** What the peer says of itself. */
  readonly state?: JsonValue;
}

/** A subscription, and the neuron that holds the connection. */
export interface Peer extends Subscription {
  readonly neuron: string;
}

/** Longest {@link Subscription.device}, in characters. */
export const MAX_DEVICE_CHARACTERS = 64;
/** Longest {@link Subscription.user}, in characters. */
export const MAX_USER_CHARACTERS = 255;

/** A slash, or half a character. */
const NOT_IN_USER = /[/\p{Surrogate}]/u;
const DEVICE = /^[A-Za-z0-9_-]+$/;

/** Whether a text can be a {@link Subscription.device}. */
export function isDevice(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MAX_DEVICE_CHARACTERS && DEVICE.test(text);
}

/** Whether a text can be a {@link Subscription.user}: it is one segment of a path. */
export function isUser(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.length <= MAX_USER_CHARACTERS && !NOT_IN_USER.test(text);
}
