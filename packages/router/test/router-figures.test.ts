import { expect, it } from 'vitest';

import { EMPTY_HISTORY_POSITION } from '../src/index.ts';
import { ReceiverRecord } from './receiver-record.ts';
import { openSystem, reportOf, toAll, toUser, until } from './system-fixture.ts';

const room = { bucket: 'cool', path: '/room' };

it('figures tell who came and went, what was sent, received and not delivered by reason, and who was given what it missed', async () => {
  await using system = await openSystem();
  const history = ({ path }: { readonly path: string }) => (path === '/kept' ? { layer: '*messages', maxRecoveredMessages: 1, retention: 'unlimited' as const } : undefined);
  const [a, b] = [(await system.open('a', { history })).router, (await system.open('b', { history })).router];
  const [alex, bob] = [a.join({ ...room, user: 'alex' }, new ReceiverRecord()), b.join({ ...room, user: 'bob' }, new ReceiverRecord())];
  await until(() => [a, b].every((router) => router.count(room).devices === 2));
  expect([a.stats().channels, b.stats().channels]).toEqual([1, 1]);
  expect(await reportOf(alex, toAll(1, { level: 'reached' }))).toMatchObject({ reached: 1 });
  await reportOf(alex, toUser('nobody', 2, { level: 'reached' }));
  expect(a.stats()).toMatchObject({ joins: 1, leaves: 0, sent: 2, received: 0, undelivered: 1, undeliveredBy: { absent: 1, unreachable: 0, unknown: 0, busy: 0, 'not-stored': 0 } });
  expect(b.stats()).toMatchObject({ joins: 1, sent: 0, received: 1, deliveries: 1 });
  alex.leave();
  alex.leave();
  bob.disconnect();
  await until(() => a.stats().channels === 0 && b.stats().channels === 0);
  expect([a.stats().leaves, b.stats().leaves]).toEqual([1, 1]);
  const publisher = a.publisher({ bucket: 'cool', user: 'server' });
  const publish = (content: number) => new Promise<void>((resolve) => publisher.send('/kept', toAll(content, { level: 'reached' }), () => resolve()));
  await publish(1);
  const since = (await a.history({ bucket: 'cool', path: '/kept' }))?.messages.at(-1)?.position ?? '';
  for (const position of ['', since, EMPTY_HISTORY_POSITION]) await a.join({ bucket: 'cool', path: '/kept', user: 'carol', since: position }, new ReceiverRecord()).recovery;
  await publish(2);
  await publish(3);
  await a.join({ bucket: 'cool', path: '/kept', user: 'carol', since }, new ReceiverRecord()).recovery;
  expect(a.stats()).toMatchObject({ recovered: 2, notRecovered: 1, localPeers: 1, joins: 5, leaves: 4 });
});
