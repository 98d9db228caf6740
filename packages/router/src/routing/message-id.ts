import type { Message } from './message.ts';

/** What two messages have in common of which one is the other, sent again on its channel; `undefined`: it has no id. Pure. */
export function repeatedAs({ channel, user, device, published, id }: Message): string | undefined {
  return id === undefined ? undefined : `${published === true ? '*' : ''}${device}/${user}${channel.path}\n${id}`;
}
