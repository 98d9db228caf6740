import { kv4StoreCases, MemoryReferenceStore, runKv4StoreCase, type Kv4StoreHarness } from '@xir/kv4-testing';
import { connect } from '@xir/stem-sdk';
import { describe, expect, it } from 'vitest';
import { startRest, TEST_SECRET } from './rest-neuron.ts';

const credentials = { account: '$sys', secret: TEST_SECRET };

const harness: Kv4StoreHarness = {
  name: 'the SDK on a REST server over a store in memory',
  async open() {
    const memory = new MemoryReferenceStore();
    const rest = await startRest(memory);
    const store = connect(rest.url, { credentials });
    return {
      store,
      reopen: async () => connect(rest.url, { credentials }),
      async close() {
        await store.close();
        await rest[Symbol.asyncDispose]();
        await memory.close();
      },
    };
  },
};

/** Facts that the REST API has no way to say, with the reason. A gap that closes fails its test, so that it is taken off this list. */
const GAPS: ReadonlyMap<string, string> = new Map([
  ['secondary: an empty set removes them', 'a write cannot say that there are to be no additional keys'],
  ['names: odd segments of paths keep apart, and are listed by code point', 'URLs resolve . and .., and the API refuses NUL in them'],
  ['names: a listing of an odd path lists that path alone', 'URLs resolve . and .., and the API refuses NUL in them'],
]);

describe(`${harness.name} keeps the Kv4Store contract`, () => {
  for (const storeCase of kv4StoreCases) {
    const gap = GAPS.get(storeCase.name);
    const title = gap === undefined ? storeCase.name : `${storeCase.name} (not yet: ${gap})`;
    it(title, { timeout: 60_000 }, async (test) => {
      const running = runKv4StoreCase(storeCase, harness);
      if (gap !== undefined) return expect(running).rejects.toThrow();
      const outcome = await running;
      if (outcome.type === 'not-applicable') test.skip(`the store does not claim: ${outcome.missing}`);
    });
  }

  it('names its gaps as the suite names its cases', () => {
    const names = new Set(kv4StoreCases.map(({ name }) => name));
    expect([...GAPS.keys()].filter((name) => !names.has(name))).toEqual([]);
  });
});
