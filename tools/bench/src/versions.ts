import { readFileSync } from 'node:fs';

/** The versions of what is measured, in words. */
export async function versionsOf(couchdbUrl: string | undefined): Promise<string> {
  const manifest = JSON.parse(readFileSync(new URL('../../../apps/neuron/package.json', import.meta.url), 'utf8')) as { version: string };
  const versions = [`neuron ${manifest.version}`, `Node ${process.version}`];
  if (couchdbUrl !== undefined) versions.push(`CouchDB ${await couchdbVersion(couchdbUrl)}`);
  return versions.join(', ');
}

async function couchdbVersion(text: string): Promise<string> {
  const url = new URL(text);
  const login = Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64');
  const answer = await fetch(`${url.origin}/`, { headers: { authorization: `Basic ${login}` } });
  const { version } = (await answer.json()) as { version?: string };
  return version ?? 'of unknown version';
}
