import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { CLEAN_UP_ADDRESS } from '../src/index.ts';
import { noteCleanUp } from '../src/membership/clean-up-log.ts';

it('E18: clean-ups that several neurons write down at once are all there, and the last 32 are kept', async () => {
  await using store = new MemoryReferenceStore();
  const note = (number: number) => noteCleanUp(store, { dead: { neuron: `dead${number}`, incarnation: '1' }, janitor: { neuron: 'a', incarnation: '2' }, documents: number, endedAtMs: number });
  const written = async () => {
    const value = (await store.get(CLEAN_UP_ADDRESS))?.value as { readonly cleanUps: readonly { readonly neuron: string }[] } | undefined;
    return value?.cleanUps ?? [];
  };
  await Promise.all([1, 2, 3, 4].map(note));
  expect((await written()).map(({ neuron }) => neuron).sort()).toEqual(['dead1', 'dead2', 'dead3', 'dead4']);
  for (let number = 5; number <= 40; number += 1) await note(number);
  expect((await written()).length).toBe(32);
  expect((await written()).at(-1)).toEqual({ neuron: 'dead40', incarnation: '1', by: 'a', byIncarnation: '2', documents: 40, endedAtMs: 40 });
  await store.put(CLEAN_UP_ADDRESS, 'nonsense');
  await note(41);
  expect((await written()).length).toBe(1);
});
