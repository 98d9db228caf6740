import type { TurnOptions } from '@xir/rest';
import type { NeuronSettings } from './options.ts';

/** What `_turn` answers from; `undefined` while no secret is shared with TURN servers. */
export function turnOptions({ turnSecret, turnHosts, turnUrls = [] }: NeuronSettings): TurnOptions | undefined {
  if (turnSecret === undefined) return undefined;
  const isStun = (url: string) => /^stuns?:/.test(url);
  return {
    secret: turnSecret,
    stunUrls: turnUrls.filter(isStun),
    turnUrls: turnUrls.filter((url) => !isStun(url)),
    ...(turnHosts === undefined ? {} : { hosts: turnHosts }),
  };
}
