/** No test at all. */
export const NO_COUNTS = Object.freeze({ passed: 0, failed: 0, skipped: 0 });

/**
 * The counts of one vitest run, from its JSON report. A run that failed without a failed test (a file that did not load)
 * counts as one failure.
 *
 * @param {Record<string, any> | undefined} report nothing when the run left none
 * @param {boolean} ended whether vitest ended with status 0
 */
export function countsOf(report, ended) {
  if (report === undefined) return { ...NO_COUNTS, failed: ended ? 0 : 1 };
  const failed = report.numFailedTests ?? 0;
  return {
    passed: report.numPassedTests ?? 0,
    failed: failed === 0 && !ended ? 1 : failed,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
}

/** The sum of two counts. */
export function addCounts(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The last line of `npm test`. */
export function countsLine(counts) {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}
