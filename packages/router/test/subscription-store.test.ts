import { Kv4Error, type Kv4Store } from '@xir/kv4-core';
import { expect, it } from 'vitest';

import { withSubscriptions } from '../src/index.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, until, type TestNeuron } from './system-fixture.ts';

const at = (path: string) => ({ bucket: 'cool', layer: '*subs', path });

async function opened() {
  const system = await openSystem();
  const [a, b] = [await system.open('a'), await system.open('b')];
  const sockets = new Map<string, ReceiverRecord>();
  const join = (neuron: TestNeuron, path: string, user: string, device = 'd') => {
    const socket = new ReceiverRecord();
    sockets.set(`${path}/${user}/${device}`, socket);
    return neuron.router.join({ bucket: 'cool', path, user, device }, socket);
  };
  join(a, '/room', 'alex');
  join(a, '/room/sub', 'alex');
  join(b, '/room', 'bob', 'd');
  join(b, '/room', 'bob', 'e');
  const known = (router: TestNeuron['router']) => router.channels({ bucket: 'cool', path: '/' }).reduce((sum, node) => sum + node.size, 0);
  await until(() => known(a.router) === 4 && known(b.router) === 4);
  const store: Kv4Store & Pick<TestNeuron['store'], 'peek'> = withSubscriptions({ store: a.store, router: a.router });
  return { system, a, b, sockets, join, store };
}

it('V1: keys, records, subtrees and paths are who is connected, in pages', async () => {
  const { system, store } = await opened();
  await using _system = system;
  expect((await store.keys(at('/room'))).items).toEqual(['alex', 'bob']);
  const first = await store.keys(at('/room'), { limit: 1 });
  expect(first.items).toEqual(['alex']);
  expect(await store.keys(at('/room'), { after: first.next ?? '' })).toEqual({ items: ['bob'] });
  const [, bob] = (await store.list(at('/room'))).items;
  expect(bob?.value).toMatchObject({ key: 'bob', path: '/room', origin: 'b', meta: null, ident: 'cool', topic: 'topic' });
  expect(bob?.value).toHaveProperty('devices', expect.arrayContaining(['d', 'e']));
  expect((await store.tree(at('/'))).items.map(({ address }) => `${address.path} ${address.key}`)).toEqual(['/room alex', '/room bob', '/room/sub alex']);
  expect((await store.tree(at('/room'), { depth: 0 })).items).toHaveLength(2);
  expect((await store.paths(at('/'))).items).toEqual(['/room', '/room/sub']);
  expect((await store.get({ ...at('/room'), key: 'bob' }, { fresh: true }))?.version).toBe(bob?.version);
  expect(store.peek({ ...at('/room'), key: 'nobody' })).toBeNull();
});

it('V2: a watch tells who is there, and who comes and goes', async () => {
  const { system, store, join, a } = await opened();
  await using _system = system;
  const seen: string[] = [];
  const stop = new AbortController();
  const following = (async () => {
    for await (const event of store.watch({ type: 'path', address: at('/room') }, { after: 'somewhere', signal: stop.signal })) {
      seen.push(event.type === 'put' ? `put ${event.record.address.key}` : event.type === 'delete' ? `delete ${event.address.key}` : event.type);
    }
  })();
  await until(() => seen.length === 4);
  expect(seen).toEqual(['reset', 'put alex', 'put bob', 'end-of-initial']);
  const eve = join(a, '/room', 'eve');
  join(a, '/elsewhere', 'eve');
  await until(() => seen.length === 5);
  eve.leave();
  await until(() => seen.length === 6);
  stop.abort();
  await following;
  expect(seen.slice(4)).toEqual(['put eve', 'delete eve']);
});

it('V3: deleting takes peers off, on whichever neuron they are', async () => {
  const { system, store, sockets, join, b } = await opened();
  await using _system = system;
  expect(await store.delete({ ...at('/room'), key: 'bob' })).toMatchObject({ address: { key: 'bob' } });
  expect([...sockets].filter(([, { endedBy }]) => endedBy === 'kicked').map(([name]) => name)).toEqual(['/room/bob/d', '/room/bob/e']);
  await until(() => store.peek({ ...at('/room'), key: 'bob' }) === null);
  expect(await store.delete({ ...at('/room'), key: 'bob' })).toBeUndefined();
  expect(await store.deletePath(at('/room'))).toBe(1);
  expect(sockets.get('/room/sub/alex/d')?.endedBy).toBeUndefined();
  join(b, '/room/deep/er', 'carol');
  await until(() => store.peek({ ...at('/room/deep/er'), key: 'carol' }) !== null);
  expect(await store.deleteSubtree(at('/room'))).toBe(2);
});

it('V4: nothing can be put among them, and other layers are the store’s', async () => {
  const { system, store, a } = await opened();
  await using _system = system;
  const failure: unknown = await store.put({ ...at('/room'), key: 'ghost' }, {}).catch((error: unknown) => error);
  expect(failure instanceof Kv4Error && failure.code).toBe('KV4_REJECTED');
  await store.put({ bucket: 'cool', layer: '*data', path: '/', key: 'k' }, 1);
  expect(a.store.peek({ bucket: 'cool', layer: '*data', path: '/', key: 'k' })).toBe(store.peek({ bucket: 'cool', layer: '*data', path: '/', key: 'k' }));
  expect((await store.list({ bucket: 'cool', layer: '*data', path: '/' })).items).toHaveLength(1);
});
