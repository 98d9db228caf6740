import { expect, it } from 'vitest';

import { peerKey, PEER_KEYS } from '../src/load/peer-keys.ts';
import { readRedisBenchmark } from '../src/load/redis-benchmark.ts';
import { etcdValues } from '../src/measures/put-to-watch.ts';
import { comparisonRow, startPeer } from '../src/measures/sides.ts';
import { Marks } from '../src/measures/sightings.ts';
import { readRollup } from '../src/process-memory.ts';
import { placesOf, startDaemon } from '../src/servers/daemon.ts';
import { versionIn } from '../src/versions.ts';

it('goes on without a peer that is not installed, and names its package', async () => {
  const told: string[] = [];
  const peer = await startPeer(startDaemon({ command: 'xir-no-such-server', debianPackage: 'no-such-package', core: 0, flags: () => [] }), (line) => told.push(line));
  expect(peer.daemon).toBeUndefined();
  expect(told).toEqual(['xir-no-such-server is not installed; Debian has it in the package no-such-package']);
  const row = comparisonRow({ measure: 'reads', figure: ({ perSecond }) => perSecond, digits: 0, target: { atLeast: 3, unit: ' ×' } }, [{ requests: 1, perSecond: 10, p50Ms: 1, cpuSeconds: 1 }], peer.missing);
  expect(row).toMatchObject({ ours: '10', peer: peer.missing, ratio: '', verdict: { isReached: false, isMeasured: false } });
});

it('compares the medians of the rounds of two sides', () => {
  const rounds = (...rates: number[]) => rates.map((perSecond) => ({ requests: 1, perSecond, p50Ms: 1, cpuSeconds: 1 }));
  const row = comparisonRow({ measure: 'reads', figure: ({ perSecond }) => perSecond, digits: 0, target: { atLeast: 3, unit: ' ×' } }, rounds(30, 60, 90), rounds(10, 20, 21));
  expect(row).toMatchObject({ ours: '60 (30–90)', peer: '20 (10–21)', ratio: '3.00 ×', verdict: { isReached: true } });
});

it('looks for servers on the path and where Debian puts them', () => {
  expect(placesOf('etcd', '/a::/b')).toEqual(['/a/etcd', '/b/etcd', '/usr/sbin/etcd', '/usr/local/sbin/etcd']);
});

it('reads what redis-benchmark answers, and nothing else', () => {
  const header = '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"\n';
  expect(readRedisBenchmark(`${header}"INCR a","1234.50","0.1","0.0","0.231","0.3","0.4","0.5"\n`)).toEqual({ perSecond: 1234.5, p50Ms: 0.231 });
  expect(() => readRedisBenchmark('Could not connect\n')).toThrow('nothing that can be read');
});

it('reads the memory of a process, and the values that a watch of etcd tells', () => {
  expect(readRollup('55d-7ff ---p 00000000 00:00 0 [rollup]\nRss:      2048 kB\nPss:       1024 kB\nPss_Anon:   9 kB\n')).toEqual({ residentBytes: 2_097_152, proportionalBytes: 1_048_576 });
  const event = (value: string) => ({ kv: { value: Buffer.from(value).toString('base64') } });
  expect(etcdValues(JSON.stringify({ result: { events: [event('[[1]]'), event('[[2]]')] } }))).toBe('[[1]]\n[[2]]');
  expect(etcdValues('{"result":{"created":true}}')).toBe('');
});

it('notes when a numbered write was first seen, and tells of one that never was', () => {
  const marks = new Marks();
  marks.note('data: {"v":"[[0]]"}');
  marks.set(1, 30);
  marks.note('[[1]]');
  expect(marks.since([Number.NEGATIVE_INFINITY, 10], 'a reader')).toEqual([Number.POSITIVE_INFINITY, 20]);
  expect(() => marks.since([0, 0, 0], 'a reader')).toThrow('write 2 of 3 was not seen by a reader');
});

it('uses all keys in turn', () => {
  expect(new Set(Array.from({ length: PEER_KEYS }, (_, n) => peerKey(n))).size).toBe(PEER_KEYS);
});

it('finds the version in what a server says of itself', () => {
  expect(versionIn('etcd Version: 3.4.23\nGit SHA: x\n')).toBe('3.4.23');
  expect(versionIn('nats-server: v2.9.10')).toBe('2.9.10');
  expect(versionIn('')).toBe('of unknown version');
});
