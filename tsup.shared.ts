import { defineConfig, type Options } from 'tsup';

/** The one build every package shares: ESM for Node 20, with declarations. */
export function packageBuild(options: Options = {}) {
  return defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'node20',
    dts: true,
    clean: true,
    sourcemap: true,
    tsconfig: 'tsconfig.build.json',
    ...options,
  });
}
