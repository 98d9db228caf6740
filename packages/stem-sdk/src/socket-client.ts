import type { KeyAddress, PathAddress, WriteResult } from '@xir/kv4-core';

import type { Location } from './location.ts';
import type { WatchTiming } from './remote-watch.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS } from './request-timeout.ts';
import { platformSocket, SocketChannel } from './socket-channel.ts';
import { SocketStore } from './socket-store.ts';
import { credentialsOf, dataPath, identityOf, updateOn, type ClientIdentity, type ConnectOptions, type StemClient } from './stem-client.ts';

/** A client over one WebSocket. The path defaults to `/ws`. Throws `SDK_NO_WEBSOCKET`. */
export function socketClient(location: Location, options: ConnectOptions): StemClient {
  const credentials = credentialsOf(location, options);
  const identity = identityOf(location.url, credentials, options);
  const url = /^wss?:\/\/[^/]+$/.test(location.url) ? `${location.url}/ws` : location.url;
  const channel = new SocketChannel({
    url,
    credentials,
    open: options.webSocket ?? platformSocket(),
    requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    silenceMs: identity.timing.silenceMs,
  });
  return new SocketClient(channel, identity);
}

class SocketClient extends SocketStore implements StemClient {
  readonly url: string;
  readonly bucket: string;
  readonly #timing: WatchTiming;

  constructor(channel: SocketChannel, { url, bucket, timing }: ClientIdentity) {
    super(channel, timing);
    this.url = url;
    this.bucket = bucket;
    this.#timing = timing;
  }

  path(path: string, layer?: string): PathAddress {
    return dataPath(this.bucket, path, layer);
  }

  key(path: string, key: string, layer?: string): KeyAddress {
    return { ...dataPath(this.bucket, path, layer), key };
  }

  update(...parameters: Parameters<StemClient['update']>): Promise<WriteResult | undefined> {
    return updateOn(this, this.#timing, parameters);
  }
}
