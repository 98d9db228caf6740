import type { Message } from '@xir/router';

/** A message as it stands in a history, and as listeners are told it. Its content stays the text that was sent. */
export function messageText({ channel, user, device, event, id, content, sentAtMs, position, previous, target }: Message): string {
  const head = JSON.stringify({
    path: channel.path,
    k: user,
    device,
    event,
    sentAtMs,
    ...(target.type === 'subtree' ? { subtree: target.path } : {}),
    ...(id === undefined ? {} : { id }),
    ...(position === undefined ? {} : { position, previous: previous ?? null }),
  });
  return `${head.slice(0, -1)},"v":${content}}`;
}
