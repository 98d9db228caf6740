import type { Accounts, CachedStore } from '@xir/accounts';
import { systemClock } from '@xir/couch-client';
import type { TokenClaims } from '@xir/protocol';
import { openRouter, withSubscriptions, type LinkTransport, type Membership, type Router } from '@xir/router';
import { createSignallingFace, TokenGate, type SignallingFace } from '@xir/signalling';

/** What channels work with. */
export interface ChannelParts {
  readonly store: CachedStore;
  readonly accounts: Accounts;
  readonly membership: Membership;
  readonly links: LinkTransport;
  readonly onError: (error: unknown) => void;
}

/** Channels of a neuron: the router, and what is seen of it as data. */
export interface Channels {
  readonly router: Router;
  /** The store in which `*subs` is who is connected. */
  readonly store: CachedStore;
  /** Signalling over them, once tokens can be verified. */
  serve(verifyToken: (token: string) => TokenClaims | undefined, trustProxy: boolean): SignallingFace;
}

/** Opens the channels. */
export async function openChannels({ store, accounts, membership, links, onError }: ChannelParts): Promise<Channels> {
  const router = await openRouter({ store, membership, links, onError });
  const gate = new TokenGate({ store, clock: systemClock });
  return {
    router,
    store: withSubscriptions({ store, router, onKick: (kick) => gate.note(kick) }),
    serve: (verifyToken, trustProxy) => createSignallingFace({ router, bans: accounts.bans, verifyToken, trustProxy, mayConnect: (claims, path) => gate.mayConnect(claims, path), onError }),
  };
}
