import type { KeyAddress, PathAddress, WriteResult } from '@xir/kv4-core';

import type { MessageChannel } from './message-channel.ts';
import { MessageStore } from './message-store.ts';
import type { WatchTiming } from './remote-watch.ts';
import { dataPath, updateOn, type ClientIdentity, type StemClient } from './stem-client.ts';

/** A client over one connection at a time. */
export class MessageClient extends MessageStore implements StemClient {
  readonly url: string;
  readonly bucket: string;
  readonly #timing: WatchTiming;

  constructor(channel: MessageChannel, { url, bucket, timing }: ClientIdentity) {
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
