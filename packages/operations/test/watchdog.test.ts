import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { OperationsError, silentLogger, startLoopDelayMonitor, startWatchdog } from '@xir/operations';

const program = fileURLToPath(new URL('blocked-program.ts', import.meta.url));

async function run(...parameters: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@xir/source', program, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...output };
}

describe('the watchdog', () => {
  it('T41: ends a process whose event loop is blocked for too long, and says so on standard error', async () => {
    const ended = await run('blockMs=60000', 'stallWarningMs=200', 'stallAbortMs=600');
    expect(ended.signal).toBe('SIGKILL');
    const lines = ended.stderr.trim().split('\n').map((line) => JSON.parse(line) as { level: string; msg: string; stallMs: number });
    expect(lines.map(({ level }) => level)).toEqual(['error', 'fatal']);
    expect(lines[1]?.msg).toContain('OPERATIONS_LOOP_BLOCKED');
    expect(lines[1]?.stallMs).toBeGreaterThanOrEqual(600);
    expect(ended.stdout).not.toContain('after');
  });

  it('leaves a process alone that was blocked for less, and counts the stall', async () => {
    const ended = await run('blockMs=700', 'stallWarningMs=200', 'stallAbortMs=30000');
    expect([ended.code, ended.signal]).toEqual([0, null]);
    const snapshot = JSON.parse(ended.stdout) as { stalls: number; stalledMs: number; recentStallMs: number };
    expect(snapshot.stalls).toBe(1);
    expect(snapshot.recentStallMs).toBeGreaterThanOrEqual(200);
    expect(snapshot.stalledMs).toBe(snapshot.recentStallMs);
  });

  it('T41: notices that the loop of its own process was blocked', async () => {
    await using watchdog = startWatchdog({ tickMs: 10, stallWarningMs: 50, stallAbortMs: 0, logger: silentLogger });
    // The thread that watches has to run first.
    await vi.waitFor(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      return new Promise<void>((resolve, reject) => setImmediate(() => (watchdog.snapshot().stalls > 0 ? resolve() : reject(new Error('no stall was noticed')))));
    }, 5_000);
    expect(watchdog.snapshot().recentStallMs).toBeGreaterThanOrEqual(50);
  });

  it('does not keep a process alive that has nothing left to do', async () => {
    const ended = await run('blockMs=0', 'stallWarningMs=200', 'stallAbortMs=600', 'leave=1');
    expect([ended.code, ended.signal, ended.stderr]).toEqual([0, null, '']);
  });

  it('closes, twice without harm', async () => {
    const watchdog = startWatchdog({ logger: silentLogger });
    await Promise.all([watchdog.close(), watchdog.close()]);
    expect(watchdog.snapshot()).toEqual({ stalls: 0, stalledMs: 0, recentStallMs: 0 });
  });

  it.each([
    [{ tickMs: 0 }],
    [{ tickMs: 100, stallWarningMs: 150 }],
    [{ stallWarningMs: 2000, stallAbortMs: 1000 }],
  ])('refuses times that make no sense together: %j', (times) => {
    expect(() => startWatchdog({ ...times, logger: silentLogger })).toThrow(OperationsError);
  });
});

describe('the loop delay', () => {
  it('shows how long the loop was blocked, once', async () => {
    using monitor = startLoopDelayMonitor(5);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const until = performance.now() + 120;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(monitor.read().maxMs).toBeGreaterThan(80);
  });

  it('shows zeros when nothing was measured', () => {
    using monitor = startLoopDelayMonitor(1000);
    expect(monitor.read()).toEqual({ meanMs: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });
});
