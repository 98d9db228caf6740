import { bulkCases } from './bulk-cases.ts';
import { changesCases } from './changes-cases.ts';
import { documentCases } from './document-cases.ts';
import { runProtocolCase, type ProtocolCase } from './protocol-case.ts';
import type { ProtocolTarget } from './protocol-client.ts';

/** Every fact of the protocol that the platform relies on. All of them hold on CouchDB 3.5. */
export const protocolCases: readonly ProtocolCase[] = [...documentCases, ...bulkCases, ...changesCases];

/** What {@link registerProtocolSuite} needs of a test runner; vitest's own functions fit. */
export interface ProtocolTestRunner {
  describe(title: string, body: () => void): void;
  it(title: string, body: () => Promise<void>): void;
}

/** Registers one test per case. `target` is asked when a test runs, so that the server may be started in a hook. */
export function registerProtocolSuite(runner: ProtocolTestRunner, title: string, target: () => ProtocolTarget): void {
  runner.describe(title, () => {
    for (const protocolCase of protocolCases) runner.it(protocolCase.name, () => runProtocolCase(protocolCase, target()));
  });
}

/** How many cases {@link failingProtocolCases} runs at a time; each has a database of its own. */
const CASES_AT_A_TIME = 6;

/** The cases that fail on a server; starts no further case after `atMost` failures. */
export async function failingProtocolCases(target: ProtocolTarget, atMost = Number.POSITIVE_INFINITY): Promise<{ name: string; error: unknown }[]> {
  const failures: { name: string; error: unknown }[] = [];
  const waiting = [...protocolCases];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined && failures.length < atMost; next = waiting.shift()) {
      try {
        await runProtocolCase(next, target);
      } catch (error) {
        failures.push({ name: next.name, error });
      }
    }
  };
  await Promise.all(Array.from({ length: CASES_AT_A_TIME }, work));
  return failures.slice(0, atMost);
}
