import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCouch } from '@xir/couch-embedded';
import { openMemory } from '../src/index.ts';

/** Prints the figures of the README: node --expose-gc --conditions=@xir/source --experimental-strip-types bench/figures.ts */
const KEYS = 100_000;
const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
const heap = (): number => (collect(), collect(), process.memoryUsage().heapUsed);
const directory = await mkdtemp(join(tmpdir(), 'xir-figures-'));
const server = await startEmbeddedCouch({ directory });
const a = await openMemory({ url: server.url, database: 'figures', neuron: 'a', auditIntervalMs: 0, maxCacheBytes: 2 ** 40 });
const b = await openMemory({ url: server.url, database: 'figures', neuron: 'b', auditIntervalMs: 0, maxCacheBytes: 2 ** 40 });
const address = (index: number) => ({ bucket: 'bucket', layer: '*data', path: '/some/path', key: `key-${index}` });

const visible: number[] = [];
await b.get(address(-1));
for (let round = 0; round < 300; round += 1) {
  const started = performance.now();
  await a.put(address(-1), round);
  const acknowledged = performance.now();
  while (b.peek(address(-1))?.value !== round) await new Promise((resolve) => setImmediate(resolve));
  if (round >= 100) visible.push(performance.now() - started, acknowledged - started);
}
const p50 = (numbers: number[]): string => `${(numbers.sort((x, y) => x - y)[numbers.length >> 1] ?? 0).toFixed(2)} ms`;
console.log('put on A until visible on B, p50', p50(visible.filter((_, index) => index % 2 === 0)), '; put acknowledged, p50', p50(visible.filter((_, index) => index % 2 === 1)));

for (let start = 0; start < KEYS; start += 2000) {
  await Promise.all(Array.from({ length: 2000 }, (_, index) => a.put(address(start + index), `${start + index}`.padEnd(126, 'x'))));
}
await a.close();
await b.prove();
const before = heap();
const path = { bucket: 'bucket', layer: '*data', path: '/some/path' };
for (let start = 0; start < KEYS; start += 2000) await Promise.all(Array.from({ length: 2000 }, (_, index) => b.get(address(start + index))));
console.log('bytes per cached 128-byte value, keys read one by one', ((heap() - before) / KEYS).toFixed(0), '; estimated', (b.stats().bytes / KEYS).toFixed(0));
await b.keys(path);
console.log('the same, listed as well', ((heap() - before) / KEYS).toFixed(0));

const addresses = Array.from({ length: 1000 }, (_, index) => address(index * 97));
const map = new Map<string, unknown>();
for (let index = 0; index < KEYS; index += 1) {
  const { bucket, layer, path: at, key } = address(index);
  map.set(`${bucket}/${layer}/${at}/${key}`, b.peek(address(index)));
}
let sink = 0;
function time(run: () => void): number {
  const started = performance.now();
  run();
  return ((performance.now() - started) * 1e6) / 1e6;
}
const builtKey = (): void => {
  for (let round = 0; round < 1000; round += 1) for (const each of addresses) if (map.get(`${each.bucket}/${each.layer}/${each.path}/${each.key}`) !== undefined) sink += 1;
};
const peek = (): void => {
  for (let round = 0; round < 1000; round += 1) for (const each of addresses) if (b.peek(each) !== undefined) sink += 1;
};
const rounds = Array.from({ length: 7 }, () => [time(builtKey), time(peek)] as const);
const median = (numbers: number[]): number => numbers.sort((x, y) => x - y)[numbers.length >> 1] ?? 0;
const started = performance.now();
for (let round = 0; round < 200; round += 1) for (const each of addresses) if ((await b.get(each)) !== undefined) sink += 1;
const get = ((performance.now() - started) * 1e6) / 200_000;
console.log(`Map.get with built key ${median(rounds.map((r) => r[0])).toFixed(0)} ns, peek ${median(rounds.map((r) => r[1])).toFixed(0)} ns, awaited get ${get.toFixed(0)} ns (${sink})`);
await b.close();
await server.close();
await rm(directory, { recursive: true, force: true });
