import { defineConfig } from 'vitest/config';

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
  },
});
