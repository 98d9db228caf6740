/** The seed of random tests. Again with another: `XIR_TEST_SEED=<n> npx vitest run`. */
export const SEED = Number(process.env['XIR_TEST_SEED'] ?? 1);
