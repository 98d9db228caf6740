import { writeFileSync } from 'node:fs';

/** Names the file the reporter writes to. */
export const SKIPS_FILE_VARIABLE = 'XIR_SKIPS_FILE';

/** A vitest reporter that writes down which tests were skipped, with the reason they gave (`test.skip('why')`), which the JSON report leaves out. */
export default class SkipReporter {
  onTestRunEnd(modules) {
    const file = process.env[SKIPS_FILE_VARIABLE];
    if (file !== undefined) writeFileSync(file, JSON.stringify(skipsOf(modules)));
  }
}

/** Every skipped test of a finished run. */
export function skipsOf(modules) {
  return modules.flatMap((module) =>
    [...module.children.allTests('skipped')].map((test) => {
      const { note } = test.result();
      return note === undefined ? { name: test.fullName } : { name: test.fullName, reason: note };
    }),
  );
}
