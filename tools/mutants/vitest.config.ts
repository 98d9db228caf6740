import { mergeConfig } from 'vitest/config';
import { sharedTestConfig } from '../../vitest.shared.ts';

/** Each test starts a process of its own: two at a time fit two cores. */
export default mergeConfig(sharedTestConfig, { test: { maxConcurrency: 2 } });
