import { describe, expect, it } from 'vitest';
import { ChangesCursor } from '../src/cluster/changes-cursor.ts';
import type { ClusterDatabase } from '../src/cluster/cluster-database.ts';
import type { ClusterAnswer } from '../src/cluster/exchange.ts';
import { FakeCluster } from '../src/cluster/fake-cluster.ts';
import type { Replica } from '../src/cluster/replica.ts';
import { graftOf } from '../src/cluster/revision-node.ts';
import { SeededRandom } from '../src/seeded-random.ts';

const SHAPE = { includeDocs: false, allLeaves: true };

function newCluster(replicas: number) {
  let nowMs = 0;
  const cluster = new FakeCluster({ shape: { shards: 1, replicas }, random: new SeededRandom(1), now: () => nowMs });
  const database = cluster.create('db');
  const request = (method: string, path: string, body?: unknown): { status: number; body: Record<string, unknown> } => {
    const [name = '', query = ''] = path.split('?');
    const answered = cluster.handle({ method, segments: name.split('/').slice(1), query: new URLSearchParams(query), body: body === undefined ? '' : JSON.stringify(body), headers: {} }) as ClusterAnswer;
    return { status: answered.status, body: JSON.parse(answered.text) as Record<string, unknown> };
  };
  return { cluster, database, request, wait: (forMs: number) => (nowMs += forMs) };
}

function replicaOf(database: ClusterDatabase, copy: number): Replica {
  return database.shards[0]?.[copy] as Replica;
}

function idsOf(rows: readonly string[]): string[] {
  return rows.map((row) => (JSON.parse(row) as { id: string }).id);
}

describe('the faked cluster', () => {
  it('takes an edit that presents the leaf, and refuses every other', () => {
    const { request } = newCluster(1);
    const first = request('PUT', '/db/k', { v: 1 });
    expect(first.status).toBe(201);
    expect(request('PUT', '/db/k', { v: 2 }).status).toBe(409);
    expect(request('PUT', '/db/k', { v: 2, _rev: first.body['rev'] }).body['rev']).toMatch(/^2-[0-9a-f]{32}$/);
    expect(request('PUT', '/db/k', { v: 3, _rev: first.body['rev'] }).status).toBe(409);
  });

  it('shows the winner of a conflict by CouchDB’s rule: not deleted, then the longer history, then the higher hash', () => {
    const { database, request } = newCluster(1);
    database.graft('k', graftOf(['1-a'], false, '"v":"low"'));
    database.graft('k', graftOf(['1-b'], false, '"v":"high"'));
    expect(request('GET', '/db/k').body['v']).toBe('high');
    database.graft('k', graftOf(['2-c', '1-b'], true, ''));
    expect(request('GET', '/db/k').body['v']).toBe('low');
  });

  it('answers 202 below the quorum, and holds what it accepted', () => {
    const { database, request } = newCluster(3);
    replicaOf(database, 1).up = false;
    replicaOf(database, 2).up = false;
    expect(request('PUT', '/db/k', { v: 1 }).status).toBe(202);
    replicaOf(database, 1).up = true;
    replicaOf(database, 2).up = true;
    database.synchronise();
    expect(replicaOf(database, 2).leaves('k').length).toBe(1);
  });

  it('rewinds a feed that goes on with another replica, and tells older revisions there', () => {
    const { database, request } = newCluster(3);
    const { body } = request('PUT', '/db/k', { v: 1 });
    database.synchronise();
    replicaOf(database, 2).lagging = true;
    request('PUT', '/db/k', { v: 2, _rev: body['rev'] });
    database.prefer = () => replicaOf(database, 0);
    const cursor = ChangesCursor.open(database, '0', new SeededRandom(1)) as ChangesCursor;
    expect(idsOf(cursor.take(10, SHAPE))).toEqual(['k']);
    database.prefer = () => replicaOf(database, 2);
    replicaOf(database, 0).up = false;
    expect(cursor.followReplicas()).toBe(true);
    database.synchronise();
    const [row] = cursor.take(10, SHAPE);
    expect(row).toContain('"rev":"2-');
    expect(cursor.take(10, SHAPE)).toEqual([]);
  });

  it('streams nothing to who stands beyond the end of files that were put back', () => {
    const { database, request } = newCluster(1);
    request('PUT', '/db/a', { v: 1 });
    const image = database.image();
    request('PUT', '/db/b', { v: 1 });
    request('PUT', '/db/c', { v: 1 });
    const since = database.updateSeq() as string;
    database.restore(image);
    request('PUT', '/db/d', { v: 1 });
    expect((ChangesCursor.open(database, since, new SeededRandom(1)) as ChangesCursor).take(10, SHAPE)).toEqual([]);
    request('PUT', '/db/e', { v: 1 });
    request('PUT', '/db/f', { v: 1 });
    expect(idsOf((ChangesCursor.open(database, since, new SeededRandom(1)) as ChangesCursor).take(10, SHAPE))).toEqual(['f']);
  });

  it('reads a sequence of a database that is no more from the beginning', () => {
    const { cluster, database, request, wait } = newCluster(1);
    request('PUT', '/db/a', { v: 1 });
    const since = database.updateSeq() as string;
    const before = request('GET', '/db').body['instance_start_time'];
    request('DELETE', '/db');
    wait(1_000);
    request('PUT', '/db');
    request('PUT', '/db/b', { v: 1 });
    expect(request('GET', '/db').body['instance_start_time']).not.toBe(before);
    expect(idsOf((ChangesCursor.open(cluster.database('db'), since, new SeededRandom(1)) as ChangesCursor).take(10, SHAPE))).toEqual(['b']);
  });

  it('lets a purged document leave without a row, and remembers that it did', () => {
    const { database, request } = newCluster(3);
    const { body } = request('PUT', '/db/k', { v: 1 });
    const since = database.updateSeq() as string;
    const before = request('GET', '/db').body['purge_seq'];
    expect(request('POST', '/db/_purge', { k: [body['rev']] }).body['purged']).toEqual({ k: [body['rev']] });
    expect((ChangesCursor.open(database, since, new SeededRandom(1)) as ChangesCursor).take(10, SHAPE)).toEqual([]);
    expect(request('GET', '/db/k').status).toBe(404);
    expect(request('GET', '/db').body['purge_seq']).not.toBe(before);
    expect(request('GET', '/db/_purged_infos').body['purged_infos']).toEqual([{ id: 'k', revs: [body['rev']] }]);
  });
});
