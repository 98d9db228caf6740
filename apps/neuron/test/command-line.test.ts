import { describe, expect, it } from 'vitest';
import { runCommandLine, type ExportTarget, type Invocation } from '../src/command-line.ts';
import { NEURON_OPTIONS } from '../src/options.ts';

async function run(...parameters: string[]) {
  const seen: { run?: Invocation; exported?: [Invocation, ExportTarget]; out: string } = { out: '' };
  await runCommandLine(
    parameters,
    {
      run: async (invocation) => void (seen.run = invocation),
      exportDatabase: async (...given) => void (seen.exported = given),
    },
    { version: '9.9.9', out: (text) => (seen.out += text), error: (text) => (seen.out += text) },
  );
  return seen;
}

describe('the command line', () => {
  it('passes on what was given, and nothing else', async () => {
    expect((await run('--rest-port', '0', '--config=a.yaml')).run).toEqual({ flags: { 'rest-port': '0' }, configPath: 'a.yaml' });
    expect((await run()).run).toEqual({ flags: {} });
  });

  it('takes a toggle alone for true', async () => {
    expect((await run('--trust-proxy')).run?.flags).toEqual({ 'trust-proxy': 'true' });
    expect((await run('--trust-proxy', 'false')).run?.flags).toEqual({ 'trust-proxy': 'false' });
  });

  it('joins a flag that is repeated', async () => {
    expect((await run('--retention', 'a=none', '--retention', 'b=1v')).run?.flags).toEqual({ retention: 'a=none b=1v' });
  });

  it('takes a secret from a file by the flag with -file', async () => {
    expect((await run('--couchdb-url-file', '/x')).run?.flags).toEqual({ 'couchdb-url-file': '/x' });
  });

  it('knows export-database', async () => {
    const { exported, run: ran } = await run('export-database', '--to', 'http://h', '--data-dir', 'd', '--target-database', 't');
    expect(ran).toBeUndefined();
    expect(exported).toEqual([{ flags: { 'data-dir': 'd' } }, { to: 'http://h', targetDatabase: 't' }]);
  });

  it('explains every option with --help: flag, environment variable, default', async () => {
    const { out, run: ran } = await run('--help');
    expect(ran).toBeUndefined();
    for (const { flag, defaultText } of Object.values(NEURON_OPTIONS)) {
      expect(out).toContain(`--${flag}`);
      expect(out).toContain(`XIR_${flag.toUpperCase().replaceAll('-', '_')}`);
      if (defaultText !== undefined) expect(out.replace(/\s+/g, ' ')).toContain(`default: ${defaultText}`);
    }
  });

  it('prints its version', async () => {
    expect((await run('--version')).out).toBe('9.9.9\n');
  });

  it.each([
    [['--no-such-flag'], 'NEURON_UNKNOWN_OPTION'],
    [['no-such-command'], 'NEURON_UNKNOWN_OPTION'],
    [['--rest-port'], 'NEURON_BAD_OPTION'],
  ])('refuses %j as %s', async (parameters, code) => {
    await expect(run(...parameters)).rejects.toMatchObject({ code });
  });
});
