import { CouchClient, systemClock } from '@xir/couch-client';
import { changeFeedCases, FakeCouch, feedMutants, fakeTransport, HARMLESS_ENDINGS, isFeedRequest, jsonResponse, listenFake, VirtualClock } from '@xir/couch-testing';
import { describe, expect, it } from 'vitest';

const TRAPS = ['T1', 'T2', 'T3', 'T6', 'T11', 'T12', 'T13', 'T14', 'T15', 'T16', 'T17', 'T18', 'T19', 'T20', 'T21', 'T22', 'T23', 'T24', 'T26', 'T27', 'T28', 'T29', 'T30', 'T31', 'T37', 'T42'];

function scripted() {
  const clock = new VirtualClock();
  const fake = new FakeCouch({ clock });
  fake.create('db');
  const client = new CouchClient({ url: 'http://fake', transport: fakeTransport(fake), clock });
  return { clock, fake, database: client.database('db') };
}

async function readText(body: AsyncIterable<Uint8Array>, pieces = Infinity): Promise<string> {
  let text = '';
  let count = 0;
  for await (const piece of body) {
    text += Buffer.from(piece).toString('utf8');
    count += 1;
    if (count >= pieces) break;
  }
  return text;
}

describe('the feed suite', () => {
  it('has a case for every trap it claims, and titles that are its own', () => {
    for (const trap of TRAPS) expect(changeFeedCases.some(({ title }) => new RegExp(`^${trap}\\b`).test(title)), trap).toBe(true);
    expect(new Set(changeFeedCases.map(({ title }) => title)).size).toBe(changeFeedCases.length);
  });

  it('has a case for every mutant', () => {
    for (const { killedBy } of feedMutants) expect(changeFeedCases.some(({ title }) => title.includes(killedBy)), killedBy).toBe(true);
  });
});

describe('FakeCouch', () => {
  it('keeps documents as CouchDB does: conflicts, deletions, one row per document in the order of the last change', async () => {
    const { database } = scripted();
    const { rev } = await database.put('a', { n: 1 });
    await database.put('b', {});
    await expect(database.put('a', {})).rejects.toMatchObject({ code: 'COUCH_CONFLICT' });
    await database.put('a', { _rev: rev, _deleted: true });
    expect(await database.get('a')).toBeUndefined();
    const { body } = await database.json<{ results: { id: string; deleted?: boolean }[]; pending: number }>({ path: '/_changes', query: { limit: 1 } });
    expect([body.results.map(({ id }) => id), body.pending]).toEqual([['b'], 1]);
  });

  it('treats a position of another life as the beginning, as CouchDB rewinds', async () => {
    const { fake, database } = scripted();
    await database.put('a', {});
    const { updateSeq } = await database.info();
    fake.remove('db');
    fake.create('db');
    await database.put('b', {});
    const { body } = await database.json<{ results: unknown[] }>({ path: '/_changes', query: { since: updateSeq } });
    expect(body.results).toHaveLength(1);
  });

  it('streams rows and heartbeats, and ends in each of the harmless ways', async () => {
    for (const ending of HARMLESS_ENDINGS) {
      const { clock, fake, database } = scripted();
      const response = await database.request({ path: '/_changes', query: { feed: 'continuous', heartbeat: 1000 } });
      const text = readText(response.body);
      await database.put('a', {});
      await clock.advance(1000);
      for (const stream of fake.streams) stream.endHarmlessly(ending);
      const lines = (await text).split('\n');
      expect(lines[0]).toContain('"id":"a"');
      expect(lines[1]).toBe('');
      expect(lines.some((line) => line.includes('last_seq'))).toBe(ending !== 'feed-died');
      expect(fake.streams.size).toBe(0);
    }
  });

  it('answers as it is scripted, as often as it is told', async () => {
    const { fake, database } = scripted();
    fake.script('busy', isFeedRequest, () => jsonResponse(503, { error: 'busy' }), 1);
    const ask = () => database.request({ path: '/_changes', query: { feed: 'continuous' } });
    const first = await ask();
    const second = await ask();
    expect([first.status, second.status]).toEqual([503, 200]);
    await second.discard();
  });

  it('behaves the same over real HTTP, broken connections included', async () => {
    const fake = new FakeCouch({ clock: systemClock });
    fake.create('db');
    await using listening = await listenFake(fake);
    await using client = new CouchClient({ url: listening.url });
    const database = client.database('db');
    await database.put('a', { text: 'ü' });
    const response = await database.request({ path: '/_changes', query: { feed: 'continuous', heartbeat: 60_000, include_docs: true } });
    expect(await readText(response.body, 1)).toContain('"text":"ü"');
    const again = await database.request({ path: '/_changes', query: { feed: 'continuous', heartbeat: 60_000 } });
    const broken = readText(again.body).catch((error: unknown) => error);
    for (const stream of fake.streams) stream.break('{"seq":"half');
    expect(await broken).toMatchObject({ code: 'COUCH_UNREACHABLE' });
  });
});
