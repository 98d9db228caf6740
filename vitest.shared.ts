import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Only where properties are tested: it loads fast-check for every test file. */
const seeded = existsSync('node_modules/fast-check') ? [fileURLToPath(new URL('vitest.seed.ts', import.meta.url))] : [];

/** Tests read the sources of sibling packages, never a stale `dist`. */
export const sharedTestConfig = defineConfig({
  resolve: { conditions: ['@xir/source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['@xir/source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: seeded,
  },
});
