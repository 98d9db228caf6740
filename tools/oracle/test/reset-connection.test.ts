import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

it('a process that resets connections, also while they are being ended, ends by itself', async () => {
  const program = fileURLToPath(new URL('reset-program.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program], { timeout: 20_000, killSignal: 'SIGKILL' });
  expect(stdout).toBe('closed\nclosed\n');
});
