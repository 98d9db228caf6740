import type { Accounts, CachedStore } from '@xir/accounts';
import { systemClock } from '@xir/couch-client';
import type { TokenClaims } from '@xir/protocol';
import { ChannelRules, openRouter, withSubscriptions, type ChannelLimits, type ChannelRule, type LinkTransport, type Membership, type Router } from '@xir/router';
import { createSignallingFace, TokenGate, type SignallingFace, type SignallingOptions } from '@xir/signalling';

/** What channels work with. */
export interface ChannelParts {
  readonly store: CachedStore;
  readonly accounts: Accounts;
  readonly membership: Membership;
  readonly links: LinkTransport;
  /** How channels behave. */
  readonly rules: readonly ChannelRule[];
  readonly onError: (error: unknown) => void;
}

/** Channels of a neuron: the router, and what is seen of it as data. */
export interface Channels {
  readonly router: Router;
  /** The store in which `*subs` is who is connected. */
  readonly store: CachedStore;
  /** Signalling over them, once tokens can be verified. */
  serve(verifyToken: (token: string) => TokenClaims | undefined, options: Pick<SignallingOptions, 'trustProxy' | 'standing' | 'nextHost'>): SignallingFace;
}

/** Opens the channels. */
export async function openChannels({ store, accounts, membership, links, rules, onError }: ChannelParts): Promise<Channels> {
  const { find } = new ChannelRules(rules);
  const router = await openRouter({ store, membership, links, onError, history: (channel) => find(channel)?.history, historyLayers: layersOf(rules), channelLimits: (channel) => limitsOf(find(channel)) });
  const gate = new TokenGate({ store, clock: systemClock });
  return {
    router,
    store: withSubscriptions({ store, router, onKick: (kick) => gate.note(kick) }),
    serve: (verifyToken, options) =>
      createSignallingFace({
        ...options,
        router,
        bans: accounts.bans,
        verifyToken,
        mayConnect: (claims, path) => gate.mayConnect(claims, path),
        slowReceiverPolicy: (bucket, path) => find({ bucket, path })?.slowReceivers ?? 'cut',
        onError,
      }),
  };
}

/** Those in which messages are kept. */
function layersOf(rules: readonly ChannelRule[]): readonly string[] {
  return [...new Set(rules.flatMap(({ history }) => (history === undefined ? [] : [history.layer])))];
}

function limitsOf(rule: ChannelRule | undefined): ChannelLimits | undefined {
  if (rule === undefined) return undefined;
  const { maxMessageCharacters, maxMessagesPerSecond } = rule;
  return {
    ...(maxMessageCharacters === undefined ? {} : { maxContentCharacters: maxMessageCharacters }),
    ...(maxMessagesPerSecond === undefined ? {} : { maxPeerMessagesPerSecond: maxMessagesPerSecond }),
  };
}
