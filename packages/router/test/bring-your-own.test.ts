import { MemoryReferenceStore } from '@xir/kv4-testing';
import { expect, it } from 'vitest';

import { InMemoryNetwork, openRouter } from '../src/index.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { reportOf, toUser, until } from './system-fixture.ts';

it('R2: routers run on any store with a watch, with links and membership of one’s own', async () => {
  const store = new MemoryReferenceStore();
  const network = new InMemoryNetwork();
  await using here = await openRouter({ store, ...network.start('a') });
  await using there = await openRouter({ store, ...network.start('b') });
  const bob = new ReceiverRecord();
  there.join({ bucket: 'cool', path: '/room', user: 'bob' }, bob);
  const alex = here.join({ bucket: 'cool', path: '/room', user: 'alex' }, new ReceiverRecord());
  await until(() => here.count({ bucket: 'cool', path: '/room' }).users === 2);
  expect(await reportOf(alex, toUser('bob', 'hello', { level: 'written' }))).toEqual({ reached: 1, written: 1, undelivered: [] });
  expect(bob.contents).toEqual(['hello']);
});
