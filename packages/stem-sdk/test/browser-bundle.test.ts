import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type BuildOptions } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** What the whole client may weigh in a page, in bytes after gzip. */
const MAX_GZIPPED_BYTES = 12 * 1024;

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
    const scope: Record<string, any> = { fetch: answer };
    const run = new Function('globalThis', 'process', 'Buffer', 'require', 'fetch', text);
    run(scope, undefined, undefined, undefined, answer);
    const kv4 = scope['connect']('http://neuron.example:4006');
    expect(await kv4.get(kv4.key('/a', 'x'))).toBeUndefined();
    expect(requests).toEqual(['http://neuron.example:4006/_data/a?w=%24sys&k=x&as=datum']);
  });
});
