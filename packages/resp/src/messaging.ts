import { Kv4Error, normalisePath } from '@xir/kv4-core';

import { bytesOfText, textOfBytes } from './byte-text.ts';
import { RespError } from './errors.ts';
import { globMatcher, literalPrefix } from './glob.ts';
import { bytesOfValue, valueOfBytes } from './stored-value.ts';

/** A message of a channel, as far as it is shown here. */
export interface ChannelMessage {
  readonly channel: { readonly path: string };
  /** A JSON text. */
  readonly content: string;
}

/** Channels over all neurons, as `Router` of `@xir/router` has them. */
export interface MessageRouter {
  publisher(request: { readonly bucket: string; readonly user: string; readonly device: string }): MessagePublisher;
  listen(place: { readonly bucket: string; readonly path: string; readonly subtree: boolean }, receiver: MessageListener): { stored(): Promise<void>; stop(): void };
}

/** Who sends. What it throws has a `code`. */
export interface MessagePublisher {
  send(
    path: string,
    message: { readonly target: { readonly type: 'channel' }; readonly event: string; readonly content: string; readonly level: 'reached' },
    onReport: (report: { readonly reached: number; readonly undelivered: readonly { readonly reason: string; readonly neuron?: string }[] }) => void,
  ): void;
}

/** Who listens. */
export interface MessageListener {
  deliver(message: ChannelMessage, onWritten?: (written: boolean) => void): void;
  missed?(): void;
  end?(): void;
}

/** The event under which Redis' messages are sent. */
export const MESSAGE_EVENT = 'message';
/** Tells senders of this protocol from others of the same name. */
export const MESSAGE_DEVICE = 'redis';

/** Where a subscription listens, and what it is told. */
export interface ListenedPlace {
  readonly path: string;
  readonly subtree: boolean;
  /** The name under which a message of a channel is told, in byte text; `undefined`: it is not meant. */
  readonly nameOf: (path: string) => string | undefined;
}

/** The channel of a name (byte text): its path, `news` like `/news`. Throws `RESP_BAD_NAME`. */
export function channelPath(name: string): string {
  const text = textOfBytes(name);
  if (text === undefined) throw new RespError('RESP_BAD_NAME', 'a channel is named in UTF-8');
  try {
    return normalisePath(`/${text}`);
  } catch (error) {
    if (!(error instanceof Kv4Error)) throw error;
    throw new RespError('RESP_BAD_NAME', `no such channel is possible: ${error.message}`);
  }
}

/** Names that are no channels of the router: those of events, and those that the protocol has for itself. */
export function isReserved(name: string): boolean {
  return name.startsWith('__');
}

/** Where one listens for a name, or for a pattern: with a slash in front it is about paths, without one about paths without it. Throws `RESP_BAD_NAME`. */
export function placeOf(name: string, isPattern: boolean): ListenedPlace {
  if (!isPattern) return { path: channelPath(name), subtree: false, nameOf: () => name };
  const prefix = literalPrefix(name);
  const path = channelPath(prefix.slice(0, prefix.lastIndexOf('/') + 1));
  const matches = globMatcher(name);
  const hasSlash = name.startsWith('/');
  return {
    path,
    subtree: true,
    nameOf: (channel) => {
      const shown = bytesOfText(hasSlash ? channel : channel.slice(1));
      return matches(shown) ? shown : undefined;
    },
  };
}

/** The content of a message as it is sent. */
export function contentOfBytes(message: string): string {
  return JSON.stringify(valueOfBytes(message));
}

/** The content of a message as it is told, in byte text. */
export function bytesOfContent(content: string): string {
  return bytesOfValue(JSON.parse(content));
}

/** What a router's refusal means here. */
export function refusalOf(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!(error instanceof Error) || !code.startsWith('ROUTER_')) return error;
  return new RespError(code === 'ROUTER_BAD_MESSAGE' || code === 'ROUTER_MESSAGE_TOO_LARGE' ? 'RESP_BAD_ARGUMENT' : 'RESP_BUSY', error.message, error);
}
