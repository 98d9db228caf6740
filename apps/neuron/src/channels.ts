import type { Accounts, CachedStore } from '@xir/accounts';
import { systemClock } from '@xir/couch-client';
import { retentionOf, type LayerRetention } from '@xir/kv4-core';
import type { MessagingOptions } from '@xir/messaging';
import type { TokenClaims } from '@xir/protocol';
import { ChannelRules, openRouter, withSubscriptions, type ChannelLimits, type ChannelRule, type HistoryPolicies, type HistoryPolicy, type LinkTransport, type Membership, type Router } from '@xir/router';
import { createSignallingFace, TokenGate, type SignallingFace, type SignallingOptions } from '@xir/signalling';

/** What channels work with. */
export interface ChannelParts {
  readonly store: CachedStore;
  readonly accounts: Accounts;
  readonly membership: Membership;
  readonly links: LinkTransport;
  /** How channels behave. */
  readonly rules: readonly ChannelRule[];
  /** How long versions of layers are kept. */
  readonly layers: LayerRetention;
  readonly onError: (error: unknown) => void;
}

/** Channels of a neuron: the router, and what is seen of it as data. */
export interface Channels {
  readonly router: Router;
  /** The store in which `*subs` is who is connected. */
  readonly store: CachedStore;
  /** Who may connect where, and what happens to slow receivers, by whatever way they come. */
  readonly admission: Pick<MessagingOptions, 'mayConnect' | 'slowReceiverPolicy'>;
  /** Signalling over them, once tokens can be verified. */
  serve(verifyToken: (token: string) => TokenClaims | undefined, options: Pick<SignallingOptions, 'trustProxy' | 'standing' | 'nextHost'>): SignallingFace;
}

/** Opens the channels. */
export async function openChannels({ store, accounts, membership, links, rules, layers, onError }: ChannelParts): Promise<Channels> {
  const { find } = new ChannelRules(rules);
  const router = await openRouter({ store, membership, links, onError, history: historyOf(find, layers), historyLayers: layersOf(rules), presence: (channel) => find(channel)?.presence ?? 'told', channelLimits: (channel) => limitsOf(find(channel)) });
  const gate = new TokenGate({ store, clock: systemClock });
  const admission: Required<Channels['admission']> = {
    mayConnect: (claims, path) => gate.mayConnect(claims, path),
    slowReceiverPolicy: (bucket, path) => find({ bucket, path })?.slowReceivers ?? 'cut',
  };
  return {
    router,
    admission,
    store: withSubscriptions({ store, router, onKick: (kick) => gate.note(kick) }),
    serve: (verifyToken, options) =>
      createSignallingFace({
        ...options,
        router,
        bans: accounts.bans,
        verifyToken,
        ...admission,
        onError,
      }),
  };
}

/** The histories of channels, each with how long it is kept. */
function historyOf(find: ChannelRules['find'], layers: LayerRetention): HistoryPolicies {
  const known = new Map<ChannelRule, HistoryPolicy | undefined>();
  return (channel) => {
    const rule = find(channel);
    if (rule === undefined) return undefined;
    if (!known.has(rule)) known.set(rule, rule.history === undefined ? undefined : { ...rule.history, retention: retentionOf(rule.history.layer, layers) });
    return known.get(rule);
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
