import fc from 'fast-check';

const given = Number(process.env['XIR_TEST_SEED'] ?? '');

// Properties go through the same cases in every run, so that a run says something about the change and not about chance; `XIR_TEST_SEED=<n>` goes through others.
fc.configureGlobal({ seed: given > 0 ? given : 1 });
