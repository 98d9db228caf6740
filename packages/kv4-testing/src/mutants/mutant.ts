import type { Kv4Store } from '@xir/kv4-core';
import { MemoryReferenceStore } from '../reference/memory-reference-store.ts';
import type { OpenedKv4Store } from '../suite/harness.ts';

/** A store that breaks the contract in one way. */
export interface Kv4StoreMutant {
  /** What is wrong with it. */
  readonly name: string;
  /** The case of the suite that must fail on it: its name, or how the name begins. */
  readonly caughtBy: string;
  /** The members that differ, made over a faultless store. */
  sabotage(store: MemoryReferenceStore): Partial<Kv4Store>;
}

/** A mutant. */
export function kv4Mutant(name: string, caughtBy: string, sabotage: Kv4StoreMutant['sabotage']): Kv4StoreMutant {
  return { name, caughtBy, sabotage };
}

const START_MS = 1_700_000_000_000;

/** A fresh reference store with a mutant's members in place of its own, on a driven clock. */
export function openMutant(mutant: Kv4StoreMutant): OpenedKv4Store {
  let nowMs = START_MS;
  const store = new MemoryReferenceStore({ clock: { now: () => nowMs } });
  const different = mutant.sabotage(store);
  return {
    store: withMembers(store, different),
    close: () => store.close(),
    reopen: async () => withMembers(new MemoryReferenceStore({ shareWith: store }), {}),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

function withMembers(store: MemoryReferenceStore, different: Partial<Kv4Store>): Kv4Store {
  return new Proxy<Kv4Store>(store, {
    get(target, name) {
      if (Object.hasOwn(different, name)) return Reflect.get(different, name) as unknown;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
