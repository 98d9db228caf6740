import { expect, it } from 'vitest';

import { MAX_SLOT_SUBSCRIPTIONS, type LocalPeer } from '../src/index.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { seededRandom, testSeed } from './seeded-random.ts';
import { openSystem } from './system-fixture.ts';

const CYCLES = Number(process.env['XIR_TEST_CYCLES'] ?? 20_000);
const PEERS = 1000;
const TURN = 100;

it('S3 T35: twenty thousand joins and leaves leave as many documents as their peers need, and no tombstone for any of them', { timeout: 600_000 }, async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  await using system = await openSystem();
  const { router, store } = await system.open('a');
  const receiver = new ReceiverRecord();
  const peers: LocalPeer[] = [];
  let users = 0;
  const join = () => {
    users += 1;
    peers.push(router.join({ bucket: 'cool', path: `/room/r${users % 100}`, user: `u${users}` }, receiver));
  };
  while (peers.length < PEERS) join();
  await router.stored();
  const before = await system.counts();
  for (let cycle = 0; cycle < CYCLES; cycle += TURN) {
    for (let one = 0; one < TURN; one += 1) {
      peers.splice(Math.floor(random() * peers.length), 1)[0]?.leave();
      join();
    }
    // A few writes' worth of turns, so that what is stored does change all the time.
    if (cycle % 2500 === 0) await router.stored();
  }
  await router.stored();
  const after = await system.counts();
  expect(after.documents, `seed ${seed}`).toBeLessThanOrEqual(before.documents + 1);
  expect(after.tombstones, `seed ${seed}`).toBeLessThanOrEqual(before.tombstones + 1);
  expect((await store.list({ bucket: '$sys', layer: '*subs:slots', path: '/a' }, { fresh: true })).items.length).toBeLessThanOrEqual(Math.ceil(PEERS / MAX_SLOT_SUBSCRIPTIONS) + 1);
  for (const peer of peers) peer.leave();
  await router.stored();
  expect((await system.counts()).tombstones, `seed ${seed}`).toBeLessThanOrEqual(before.tombstones + Math.ceil(PEERS / MAX_SLOT_SUBSCRIPTIONS) + 1);
});
