import type { Verdict } from './mutant.ts';

interface ReportedTest {
  readonly status: string;
  readonly failureMessages?: readonly string[];
}

/** What vitest's JSON report of a mutant's run means. Pure. */
export function verdictOf(report: unknown): Verdict {
  const files = (report as { testResults?: readonly { readonly message?: string; readonly assertionResults?: readonly ReportedTest[] }[] }).testResults ?? [];
  const tests = files.flatMap(({ assertionResults }) => assertionResults ?? []).filter(({ status }) => status === 'passed' || status === 'failed');
  const failed = tests.find(({ status }) => status === 'failed');
  if (failed !== undefined) return { type: 'caught', message: firstLine(failed.failureMessages?.[0] ?? '') };
  if (tests.length > 0) return { type: 'survived' };
  return { type: 'unknown', message: firstLine(files.find(({ message }) => message)?.message ?? 'no test ran') };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
