import { kv4StoreSuite, MemoryReferenceStore } from '../src/index.ts';

kv4StoreSuite({
  name: 'MemoryReferenceStore on a driven clock',
  open: async () => {
    let nowMs = 1_700_000_000_000;
    const store = new MemoryReferenceStore({ clock: { now: () => nowMs } });
    return {
      store,
      close: () => store.close(),
      reopen: async () => new MemoryReferenceStore({ shareWith: store }),
      advance: (ms) => {
        nowMs += ms;
      },
    };
  },
  patienceMs: 1000,
});

const shared = new MemoryReferenceStore();

kv4StoreSuite({
  name: 'MemoryReferenceStore in real time, its data shared by all cases, in one bucket',
  open: async () => {
    const store = new MemoryReferenceStore({ shareWith: shared });
    return { store, close: () => store.close() };
  },
  bucket: 'cool)woot',
  patienceMs: 2000,
});
