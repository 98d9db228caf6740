import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { findCommand } from './servers/daemon.ts';

/** Peers of other projects, and how each is asked for its version. */
const PEERS = [
  ['redis-server', '--version'],
  ['etcd', '--version'],
  ['nats-server', '--version'],
] as const;

/** The versions of what is measured, in words. */
export async function versionsOf(couchdbUrl: string | undefined): Promise<string> {
  const manifest = JSON.parse(readFileSync(new URL('../../../apps/neuron/package.json', import.meta.url), 'utf8')) as { version: string };
  const versions = [`neuron ${manifest.version}`, `Node ${process.version}`];
  if (couchdbUrl !== undefined) versions.push(`CouchDB ${await couchdbVersion(couchdbUrl)}`);
  for (const [command, flag] of PEERS) {
    const file = findCommand(command);
    versions.push(`${command} ${file === undefined ? 'not installed' : versionIn(execFileSync(file, [flag], { encoding: 'utf8' }))}`);
  }
  return versions.join(', ');
}

/** The first version number in what a command says of itself. */
export function versionIn(text: string): string {
  return /\d+\.\d+\.\d+/.exec(text)?.[0] ?? 'of unknown version';
}

async function couchdbVersion(text: string): Promise<string> {
  const url = new URL(text);
  const login = Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64');
  const answer = await fetch(`${url.origin}/`, { headers: { authorization: `Basic ${login}` } });
  const { version } = (await answer.json()) as { version?: string };
  return version ?? 'of unknown version';
}
