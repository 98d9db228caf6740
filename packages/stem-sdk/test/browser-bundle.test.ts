import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions } from 'esbuild';
import { describe, expect, it } from 'vitest';
import type { connect } from '../src/index.ts';

/** What the whole client may weigh in a page, in bytes after gzip. */
const MAX_GZIPPED_BYTES = 12 * 1024;

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

  it(`is at most ${MAX_GZIPPED_BYTES} bytes after gzip, everything included`, async () => {
    const text = await bundle("export * from '@xir/stem-sdk';");
    expect(gzipSync(text).byteLength).toBeLessThanOrEqual(MAX_GZIPPED_BYTES);
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
