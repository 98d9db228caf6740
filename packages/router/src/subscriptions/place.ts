import type { Channel } from '../channel.ts';

/** What a listener hears: one channel, or with `subtree` all channels at its path and beneath it. */
export interface Place extends Channel {
  readonly subtree: boolean;
}

/** Tells places apart. */
export function placeId({ bucket, path, subtree }: Place): string {
  return `${subtree ? 's' : 'c'}${bucket.length}/${bucket}${path}`;
}
