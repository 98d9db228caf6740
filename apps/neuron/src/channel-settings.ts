import type { LayerRetention } from '@xir/kv4-core';
import { channelPattern, DEFAULT_MAX_CONTENT_CHARACTERS, DEFAULT_MAX_PEER_MESSAGES_PER_SECOND, DEFAULT_MAX_RECOVERED_MESSAGES, PRESENCE_POLICIES, SLOW_RECEIVER_POLICIES, type ChannelRule, type PresencePolicy, type SlowReceiverPolicy } from '@xir/router';
import { parse as parseYaml } from 'yaml';

import { parseRetention, type OptionKind } from './option-kinds.ts';

/** How channels behave, as the neuron is configured. */
export interface ChannelSettings {
  /** The first that covers a channel counts. */
  readonly rules: readonly ChannelRule[];
  /** How long the layers keep messages of which the rules say it. */
  readonly keep: LayerRetention;
  /** The rules as they were written. */
  readonly written: readonly WrittenRule[];
}

/** A rule as it stands in the configuration. */
interface WrittenRule {
  readonly path: string;
  readonly bucket?: string;
  readonly history?: boolean | { readonly layer?: string; readonly keep?: string; readonly maxRecoveredMessages?: number };
  readonly presence?: PresencePolicy;
  readonly slowReceivers?: SlowReceiverPolicy;
  readonly maxMessageCharacters?: number;
  readonly maxMessagesPerSecond?: number;
}

/** The layer in which messages are kept where a rule names none. */
export const MESSAGE_LAYER = '*messages';
/** How long that layer keeps them where nothing else is said. */
export const DEFAULT_MESSAGE_RETENTION: LayerRetention = Object.freeze({ [MESSAGE_LAYER]: { durationMs: 7 * 86_400_000 } });
/** Most messages that who comes back may be given, whatever a rule says. */
export const MOST_RECOVERED_MESSAGES = 4_000;
/** Default of `channels`. */
export const DEFAULT_CHANNELS = '[{"path":"/kept/**","history":true}]';

const DETAILS = `The first rule that covers a channel is its rule; what it does not say, and channels without a rule, are as by default. The list that is given replaces the default: \`[]\` is no
rule at all. In the configuration file it is written as YAML:

\`\`\`yaml
channels:
  - path: /chat/**
    history: { keep: 30d, maxRecoveredMessages: 1000 }
    slowReceivers: drop-oldest
  - path: /stage/**
    presence: listed
  - path: /prices/*
    bucket: cool
    slowReceivers: latest-only
    maxMessageCharacters: 2000
    maxMessagesPerSecond: 100
\`\`\`

| field | what | default |
|---|---|---|
| \`path\` | \`/chat/lobby\` is that channel; \`*\` stands for one segment; \`**\` at the end for what is before it and everything beneath | has to be there |
| \`bucket\` | the account whose channels are meant, such as \`cool\`, or \`elena)lily\` for a sub-account | any |
| \`history\` | \`true\`, or \`layer\`, \`keep\` and \`maxRecoveredMessages\`: messages to everybody on the channel are kept, and who comes back is given what it missed | \`false\` |
| \`history.layer\` | the layer of the channel's bucket in which they are kept: \`${MESSAGE_LAYER}\`, or \`${MESSAGE_LAYER}:\` and a name | \`${MESSAGE_LAYER}\` |
| \`history.keep\` | how long that layer keeps them, for all rules that name it: \`unlimited\`, \`100v\` (messages of each channel), \`7d\` (\`d\`, \`h\`, \`m\`, \`s\`) | \`--retention\` of the layer, or else \`7d\` |
| \`history.maxRecoveredMessages\` | who missed more is told so instead, 1 to ${MOST_RECOVERED_MESSAGES} | ${DEFAULT_MAX_RECOVERED_MESSAGES} |
| \`presence\` | \`told\`: peers are told who comes, goes and says something else of itself; \`listed\`: they are told of themselves alone, and who looks (\`_subs\`) is answered all the same, for channels with thousands of peers | \`told\` |
| \`slowReceivers\` | once 1 MiB waits for a receiver: \`cut\` ends its connection, \`drop-oldest\` drops the oldest messages, \`latest-only\` keeps the newest of each sender and operation from the first that has to wait on | \`cut\` |
| \`maxMessageCharacters\` | longest content of a message, 1 to ${DEFAULT_MAX_CONTENT_CHARACTERS} | ${DEFAULT_MAX_CONTENT_CHARACTERS} |
| \`maxMessagesPerSecond\` | of one peer, 1 to ${DEFAULT_MAX_PEER_MESSAGES_PER_SECOND}; twice as many at once after a pause | ${DEFAULT_MAX_PEER_MESSAGES_PER_SECOND} |`;

/** Rules for channels, as JSON or YAML. */
export const channelSettings: OptionKind<ChannelSettings> = {
  placeholder: '<rules>',
  description: 'a list of rules, as JSON or YAML, as below',
  structured: true,
  details: DETAILS,
  parse: (text) => settingsOf(valueOf(text)),
  show: ({ written }) => JSON.stringify(written),
};

function valueOf(text: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 0, prettyErrors: false });
  } catch {
    // What is wrong is told without repeating the text.
    return fail('it is neither JSON nor YAML');
  }
}

function settingsOf(value: unknown): ChannelSettings {
  if (!Array.isArray(value)) return fail(`expected a list of rules, such as ${DEFAULT_CHANNELS}`);
  const written: WrittenRule[] = [];
  const rules: ChannelRule[] = [];
  const keep = new Map<string, { readonly text: string; readonly place: string }>();
  for (const [index, item] of value.entries()) {
    const place = `rule ${index + 1}`;
    const rule = checkRule(item, place);
    written.push(rule);
    const { history, ...rest } = rule;
    if (history === undefined || history === false) {
      rules.push(rest);
      continue;
    }
    const { layer = MESSAGE_LAYER, keep: text, maxRecoveredMessages } = history === true ? {} : history;
    rules.push({ ...rest, history: { layer, ...(maxRecoveredMessages === undefined ? {} : { maxRecoveredMessages }) } });
    if (text === undefined) continue;
    const before = keep.get(layer);
    if (before !== undefined && before.text !== text) return fail(`${place}: history.keep of the layer ${layer} is not that of ${before.place}; give one of them another layer, such as ${MESSAGE_LAYER}:short`);
    keep.set(layer, before ?? { text, place });
  }
  // Checked above.
  return { rules, written, keep: Object.fromEntries([...keep].map(([layer, { text }]) => [layer, parseRetention(text) ?? 'unlimited'])) };
}

function checkRule(item: unknown, place: string): WrittenRule {
  const rule = checkFields(item, place, ['path', 'bucket', 'history', 'presence', 'slowReceivers', 'maxMessageCharacters', 'maxMessagesPerSecond']);
  const { path, bucket, history, presence, slowReceivers } = rule;
  if (typeof path !== 'string') return fail(`${place}: path has to be a pattern of channels, such as /chat/**`);
  try {
    channelPattern(path);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail(`${place}: path: ${error.message}`);
  }
  if (bucket !== undefined && (typeof bucket !== 'string' || bucket === '')) return fail(`${place}: bucket has to be the name of an account`);
  if (history !== undefined && typeof history !== 'boolean') checkHistory(history, `${place}: history`);
  if (presence !== undefined && !PRESENCE_POLICIES.some((policy) => policy === presence)) return fail(`${place}: presence has to be one of ${PRESENCE_POLICIES.join(', ')}`);
  if (slowReceivers !== undefined && !SLOW_RECEIVER_POLICIES.some((policy) => policy === slowReceivers)) return fail(`${place}: slowReceivers has to be one of ${SLOW_RECEIVER_POLICIES.join(', ')}`);
  checkNumber(rule, 'maxMessageCharacters', [place, DEFAULT_MAX_CONTENT_CHARACTERS]);
  checkNumber(rule, 'maxMessagesPerSecond', [place, DEFAULT_MAX_PEER_MESSAGES_PER_SECOND]);
  // Each field was checked.
  return rule as unknown as WrittenRule;
}

function checkHistory(value: unknown, place: string): void {
  const { layer, keep, ...rest } = checkFields(value, place, ['layer', 'keep', 'maxRecoveredMessages']);
  if (layer !== undefined && (typeof layer !== 'string' || !/^\*messages(?::[A-Za-z0-9_-]{1,64})?$/.test(layer))) {
    return fail(`${place}.layer has to be ${MESSAGE_LAYER}, or ${MESSAGE_LAYER}: and a name of letters, digits, - and _`);
  }
  if (keep !== undefined && (typeof keep !== 'string' || keep === 'none' || parseRetention(keep) === undefined)) return fail(`${place}.keep has to be unlimited, a number of messages such as 100v, or a time such as 7d`);
  checkNumber(rest, 'maxRecoveredMessages', [`${place}`, MOST_RECOVERED_MESSAGES]);
}

function checkFields(value: unknown, place: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(`${place} has to be fields and values, such as {"path":"/chat/**"}`);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  return unknown === undefined ? { ...value } : fail(`${place} has a field ${JSON.stringify(unknown.slice(0, 50))}; there are ${known.join(', ')}`);
}

function checkNumber(fields: Readonly<Record<string, unknown>>, name: string, [place, most]: readonly [string, number]): void {
  const value = fields[name];
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most)) return;
  fail(`${place}: ${name} has to be a whole number from 1 to ${most}`);
}

function fail(expectation: string): never {
  throw new TypeError(expectation);
}
