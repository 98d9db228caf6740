import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chooseGates } from '../gates/catalogue.mjs';
import { filesBelow, fingerprint } from '../setup/fingerprint.mjs';
import { requireNode } from '../setup/requirements.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { runtimeClosure } from '../setup/workspace.mjs';

it('says which Node.js is needed when this one is too old', () => {
  expect(() => requireNode('20.18.3')).toThrow('Node.js 20.19 or newer is needed; this is 20.18.3.');
  expect(() => requireNode('20.19.0')).not.toThrow();
  expect(() => requireNode('24.0.0')).not.toThrow();
});

it('a fingerprint changes with names and contents and with nothing else', () => {
  const directory = mkdtempSync(join(tmpdir(), 'xir-fingerprint-'));
  mkdirSync(join(directory, 'a'));
  writeFileSync(join(directory, 'a', 'one'), '1');
  const of = () => fingerprint(directory, filesBelow(directory));
  const before = of();
  expect(filesBelow(directory)).toEqual(['a/one']);
  expect(of()).toBe(before);
  writeFileSync(join(directory, 'a', 'one'), '2');
  const changed = of();
  expect(changed).not.toBe(before);
  writeFileSync(join(directory, 'two'), '');
  expect(of()).not.toBe(changed);
  rmSync(directory, { recursive: true });
});

it('what a package needs to run comes before it, and devDependencies do not count', () => {
  const entry = (name, dependencies, devDependencies) => ({ name, directory: name, manifest: { dependencies, devDependencies } });
  const packages = [entry('app', { b: '1', a: '1', outside: '1' }, { tool: '1' }), entry('a', { b: '1' }), entry('b', {}), entry('tool', {})];
  expect(runtimeClosure('app', packages).map((found) => found.name)).toEqual(['b', 'a', 'app']);
});

it('a failed command carries what it wrote', async () => {
  await expect(runCommand(process.execPath, ['-e', "console.error('why'); process.exit(3)"])).rejects.toMatchObject({ ending: 'exit status 3', output: 'why' });
});

it('--only picks gates in their own order and refuses names it does not know', () => {
  expect(chooseGates('tests,lint').map((gate) => gate.name)).toEqual(['lint', 'tests']);
  expect(() => chooseGates('lnt')).toThrow('There is no gate "lnt"');
});
