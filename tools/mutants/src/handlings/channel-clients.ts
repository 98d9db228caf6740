import type { Mutant } from '../mutant.ts';

const resp = (file: string) => `packages/resp/${file}`;
const sdk = (file: string) => `packages/stem-sdk/${file}`;
const neuron = (file: string) => `apps/neuron/${file}`;

/** Channels over the Redis protocol, in the SDK and on the chat page: what each does, taken out. */
export const CHANNEL_CLIENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'redis-publish-while-not-serving',
    without: 'A neuron that does not serve refuses what Redis clients publish, and who begins to listen.',
    file: resp('src/channels.ts'),
    find: "if (this.#standing() !== 'serving') throw",
    replace: 'if (Date.now() < 0) throw',
    heldBy: { file: resp('test/channels.test.ts'), title: 'M11 while the neuron does not serve' },
  },
  {
    name: 'redis-listening-while-away',
    without: 'Redis clients that listen are cut when their neuron is away.',
    file: resp('src/channels.ts'),
    find: 'if (listening !== undefined) client.cut();',
    replace: 'void [client, listening];',
    heldBy: { file: resp('test/channels.test.ts'), title: 'M11 while the neuron does not serve' },
  },
  {
    name: 'redis-pattern-hears-all',
    without: 'A pattern hears the channels that it matches only.',
    file: resp('src/messaging.ts'),
    find: 'return matches(shown) ? shown : undefined;',
    replace: 'return matches(shown) ? shown : shown;',
    heldBy: { file: resp('test/channels.test.ts'), title: 'M3 a pattern hears the channels' },
  },
  {
    name: 'sdk-message-told-twice',
    without: 'The SDK tells a message of a history once.',
    file: sdk('src/channels/history-position.ts'),
    find: "    if (before !== undefined && position <= before) return 'known';",
    replace: '',
    heldBy: { file: sdk('test/channel-pieces.test.ts'), title: 'knows what was there already' },
  },
  {
    name: 'sdk-gap-unnoticed',
    without: 'The SDK fetches what is missing on a live connection.',
    file: sdk('src/channels/open-channel.ts'),
    find: "      if (step === 'gap') return this.#recover();",
    replace: '',
    heldBy: { file: sdk('test/channels.test.ts'), title: 'notices on a live connection that a message is missing' },
  },
  {
    name: 'sdk-sends-lost-with-the-connection',
    without: 'What a lost connection has left open is sent again over the next.',
    file: sdk('src/channels/pending-requests.ts'),
    find: '    for (const pending of [...this.#pending.values()]) this.#go(pending);',
    replace: '',
    heldBy: { file: sdk('test/channels.test.ts'), title: 'whose answer a lost connection has swallowed' },
  },
  {
    name: 'chat-page-framed',
    without: 'The chat page can be put into no other page.',
    file: neuron('src/chat/chat-page.ts'),
    find: "; frame-ancestors 'none'",
    replace: '',
    heldBy: { file: neuron('test/chat-page.test.ts'), title: 'can be put into no other page' },
  },
  {
    name: 'chat-page-runs-anything',
    without: 'The chat page runs its own scripts only.',
    file: neuron('src/chat/chat-page.ts'),
    find: "'${digestOf(placeScript())}'",
    replace: "'unsafe-inline'",
    heldBy: { file: neuron('test/chat-page.test.ts'), title: 'and no others' },
  },
];
