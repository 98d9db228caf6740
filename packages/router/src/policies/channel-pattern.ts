import { normalisePath } from '@xir/kv4-core';

/** Whether a pattern covers the path of a channel, which is in its normal form. */
export type ChannelPattern = (path: string) => boolean;

/** What stands in a pattern for one segment, and for the channel itself and everything beneath it. */
const ONE = '*';
const ALL_BENEATH = '**';

/**
 * Reads a pattern of channel paths: `/chat/lobby` is that channel, `*` stands for one segment (`/chat/*` is `/chat/lobby`, not `/chat/lobby/help`), `**` at the end for
 * what is before it and everything beneath (`/chat/**` is `/chat`, `/chat/lobby` and `/chat/lobby/help`). Throws `TypeError`.
 */
export function channelPattern(text: string): ChannelPattern {
  if (!text.startsWith('/')) throw new TypeError('a pattern of channels begins with a slash, such as /chat/**');
  const segments = text.split('/').filter((segment) => segment !== '');
  const isSubtree = segments.at(-1) === ALL_BENEATH;
  if (isSubtree) segments.pop();
  if (segments.includes(ALL_BENEATH)) throw new TypeError('** stands at the end of a pattern only, such as /chat/**');
  try {
    normalisePath(`/${segments.join('/')}`);
  } catch {
    // Too long, too deep or not well formed.
    throw new TypeError('no channel has such a path');
  }
  const base = segments.length === 0 ? '' : `/${segments.join('/')}`;
  if (!segments.includes(ONE)) return isSubtree ? (path) => base === '' || path === base || path.startsWith(`${base}/`) : (path) => path === (base === '' ? '/' : base);
  return (path) => {
    const given = path === '/' ? [] : path.slice(1).split('/');
    if (isSubtree ? given.length < segments.length : given.length !== segments.length) return false;
    return segments.every((segment, index) => segment === ONE || segment === given[index]);
  };
}
