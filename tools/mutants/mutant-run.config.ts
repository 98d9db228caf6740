import { mergeConfig } from 'vitest/config';
import { sharedTestConfig } from '../../vitest.shared.ts';
import type { Patch } from './src/apply-patch.ts';
import { patchPlugin } from './src/patch-plugin.ts';
import { PATCH_VARIABLE } from './src/run-mutant.ts';

const patch = JSON.parse(process.env[PATCH_VARIABLE] ?? '{}') as Patch;

/** The tests of a package as ever, on a source with one part taken out. What waits in vain is given up early. */
export default mergeConfig(sharedTestConfig, { plugins: [patchPlugin(patch)], test: { testTimeout: 8_000, hookTimeout: 8_000 } });
