import type { Channel } from '../channel.ts';
import type { HistoryPolicy } from '../history/history-policy.ts';
import type { PresencePolicy } from '../router-options.ts';
import type { SlowReceiverPolicy } from '../routing/outbox.ts';
import { channelPattern, type ChannelPattern } from './channel-pattern.ts';

/** How the channels that a pattern covers behave. What is not said is as everywhere. */
export interface ChannelRule {
  /** `/chat/lobby`; `*` stands for one segment, `**` at the end for what is before it and everything beneath. */
  readonly path: string;
  /** The bucket, that is the account, whose channels are meant. Default: any. */
  readonly bucket?: string;
  /** How messages are kept. Default: they are not. */
  readonly history?: HistoryPolicy;
  /** Whether peers are told of one another. Default `told`. */
  readonly presence?: PresencePolicy;
  /** What happens to receivers that read too slowly. Default `cut`. */
  readonly slowReceivers?: SlowReceiverPolicy;
  /** Longest content of a message, in UTF-16 code units. Default: the router's. */
  readonly maxMessageCharacters?: number;
  /** Messages of one peer in a second; twice as many at once after a pause. Default: the router's. */
  readonly maxMessagesPerSecond?: number;
}

/** Channels whose rule is remembered. */
const MAX_REMEMBERED = 10_000;

/** Rules for channels: the first that covers a channel is its rule. */
export class ChannelRules {
  readonly #rules: readonly { readonly rule: ChannelRule; readonly covers: ChannelPattern }[];
  /** By path, then by bucket: what was looked up lately. */
  readonly #known = new Map<string, Map<string, ChannelRule | undefined>>();
  #size = 0;

  /** Throws `TypeError` for a pattern that is none. */
  constructor(rules: readonly ChannelRule[]) {
    this.#rules = rules.map((rule) => ({ rule, covers: channelPattern(rule.path) }));
  }

  /** The rule of a channel; `undefined`: none covers it. */
  readonly find = ({ bucket, path }: Channel): ChannelRule | undefined => {
    if (this.#rules.length === 0) return undefined;
    let buckets = this.#known.get(path);
    if (buckets?.has(bucket) === true) return buckets.get(bucket);
    if (this.#size >= MAX_REMEMBERED) {
      this.#known.clear();
      this.#size = 0;
      buckets = undefined;
    }
    if (buckets === undefined) this.#known.set(path, (buckets = new Map()));
    const found = this.#rules.find(({ rule, covers }) => (rule.bucket === undefined || rule.bucket === bucket) && covers(path))?.rule;
    buckets.set(bucket, found);
    this.#size += 1;
    return found;
  };
}
