import type { Mutant } from '../mutant.ts';

const resp = (file: string) => `packages/resp/${file}`;

/** Channels over the Redis protocol and in the SDK: what each does, taken out. */
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
];
