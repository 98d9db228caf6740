import { defineConfig, type Options } from 'tsup';

/**
 * The one build every package shares: ESM for Node 20, with declarations. `XIR_BUILD_TYPES=off` leaves the declarations
 * out, for whoever only wants to run the result.
 */
export function packageBuild(options: Options = {}) {
  return defineConfig({
    entry: ['src/index.ts'],
    format: ['esm'],
    target: 'node20',
    dts: process.env.XIR_BUILD_TYPES !== 'off',
    clean: true,
    sourcemap: true,
    tsconfig: 'tsconfig.build.json',
    ...options,
  });
}
