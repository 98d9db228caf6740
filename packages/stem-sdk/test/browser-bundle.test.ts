import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions } from 'esbuild';
import { describe, expect, it } from 'vitest';
import type { connect } from '../src/index.ts';

/** What the whole client may weigh in a page, in bytes after gzip. */
const MAX_GZIPPED_BYTES = 12 * 1024;

/** What channels may weigh in a page, in bytes after gzip. */
const MAX_CHANNELS_GZIPPED_BYTES = 7 * 1024;

/** The global scope of a page, with what the bundle puts into it. */
interface BrowserScope {
  connect?: typeof connect;
  [name: string]: unknown;
}

/** Bundles a program for browsers, where no module of Node can be found: an import of one fails the build. */
async function bundle(program: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    minify: true,
    conditions: ['@xir/source'],
    logLevel: 'silent',
    ...options,
  });
  return outputFiles?.[0]?.text ?? '';
}

describe('in a browser', () => {
  it('needs no module of Node and no global that only Node has', async () => {
    const text = await bundle("export * from '@xir/stem-sdk';");
    expect(text.length).toBeGreaterThan(1000);
    expect(text).not.toMatch(/from\s*["']node:|require\(|\bBuffer\b|\bsetImmediate\b|\b__dirname\b/);
  });

  it('control: such an import would be noticed', async () => {
    await expect(bundle("import { hash } from 'node:crypto'; export { hash }; export * from '@xir/stem-sdk';")).rejects.toThrow(/node:crypto/);
  });

  it(`is at most ${MAX_GZIPPED_BYTES} bytes after gzip over a WebSocket, everything included; with REST and TCP besides two thirds more`, async () => {
    const text = await bundle("export * from '@xir/stem-sdk/browser';");
    expect(gzipSync(text).byteLength).toBeLessThanOrEqual(MAX_GZIPPED_BYTES);
    expect(text).not.toContain('text/event-stream');
    const whole = await bundle("export * from '@xir/stem-sdk';");
    expect(gzipSync(whole).byteLength).toBeLessThanOrEqual((MAX_GZIPPED_BYTES * 5) / 3);
  });

  it(`for channels alone it is at most ${MAX_CHANNELS_GZIPPED_BYTES} bytes after gzip, everything included`, async () => {
    const text = await bundle("export * from '@xir/stem-sdk/channels';");
    expect(text).not.toMatch(/from\s*["']node:|require\(|\bBuffer\b|\bsetImmediate\b|\bprocess\b/);
    expect(gzipSync(text).byteLength).toBeLessThanOrEqual(MAX_CHANNELS_GZIPPED_BYTES);
  });

  it('runs over a WebSocket in a global scope without process: connect, login and a get', async () => {
    const text = await bundle("import { connect } from '@xir/stem-sdk/browser'; globalThis.connect = connect;", { format: 'iife' });
    const sent: string[] = [];
    class PageSocket extends EventTarget {
      constructor(url: string) {
        super();
        sent.push(url);
        queueMicrotask(() => this.dispatchEvent(new Event('open')));
      }
      send(request: string): void {
        sent.push(request);
        const data = JSON.stringify({ id: sent.length - 1, result: sent.length === 2 ? { bucket: '$sys', author: '$sys' } : null });
        queueMicrotask(() => this.dispatchEvent(Object.assign(new Event('message'), { data })));
      }
      close(): void {
        this.dispatchEvent(new Event('close'));
      }
    }
    const scope: BrowserScope = { WebSocket: PageSocket, URL, TextEncoder, AbortController, AbortSignal, DOMException, btoa, atob, setTimeout, clearTimeout, setInterval, clearInterval };
    runInNewContext(text, scope);
    if (scope.connect === undefined) throw new Error('the bundle did not run');
    const kv4 = scope.connect('wss://neuron.example', { credentials: { account: 'elena', secret: 's' } });
    expect(await kv4.get(kv4.key('/a', 'x'))).toBeUndefined();
    expect(sent).toEqual([
      'wss://neuron.example/ws',
      '{"id":1,"op":"login","account":"elena","secret":"s"}',
      '{"id":2,"op":"get","bucket":"elena","layer":"*data","path":"/a","key":"x"}',
    ]);
    expect(() => scope.connect?.('http://neuron.example')).toThrow(/ws: or wss:/);
    await kv4.close();
  });

  it('runs in a global scope without process: connect, and a get through fetch', async () => {
    const text = await bundle("import { connect } from '@xir/stem-sdk'; globalThis.connect = connect;", { format: 'iife' });
    const requests: string[] = [];
    const answer = async (url: string) => {
      requests.push(url);
      return new Response('{"v":"not_found","s":"error"}', { headers: { 'x-kv4-error': 'REST_NOT_FOUND' } });
    };
    // What a page offers, and nothing of Node's.
    const scope: BrowserScope = { fetch: answer, URL, URLSearchParams, Response, TextDecoder, TextEncoder, AbortController, AbortSignal, DOMException, btoa, atob, setTimeout, clearTimeout, queueMicrotask };
    runInNewContext(text, scope);
    if (scope.connect === undefined) throw new Error('the bundle did not run');
    const kv4 = scope.connect('http://neuron.example:4006');
    expect(await kv4.get(kv4.key('/a', 'x'))).toBeUndefined();
    expect(requests).toEqual(['http://neuron.example:4006/_data/a?w=%24sys&k=x&as=datum']);
  });
});
