import { startDaemon, type Daemon } from './daemon.ts';

const READY_TIMEOUT_MS = 10_000;

/** Starts one member of etcd, pinned to a core, with its data beside that of the embedded database; resolves once it has elected itself. */
export async function startEtcd(core: number): Promise<Daemon> {
  const daemon = await startDaemon({ command: 'etcd', debianPackage: 'etcd-server', core, flags: etcdFlags });
  try {
    await answers(daemon.port);
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  return daemon;
}

function etcdFlags({ port, otherPort, directory }: { readonly port: number; readonly otherPort: number; readonly directory: string }): string[] {
  const [clients, peers] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${otherPort}`];
  const urls = ['--listen-client-urls', clients, '--advertise-client-urls', clients, '--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers];
  return ['--data-dir', directory, ...urls, '--initial-cluster', `default=${peers}`, '--log-level', 'error'];
}

/** A linearizable read is answered by a member with a leader only. */
async function answers(port: number): Promise<void> {
  const until = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await etcdCall(port, 'kv/range', { key: base64('a') });
    if (answer.ok) return;
    if (performance.now() > until) throw new Error(`etcd did not become ready: ${await answer.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A request to etcd's HTTP gateway. */
export function etcdCall(port: number, path: string, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/v3/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }) });
}

/** The text of such a request, for a load. */
export function etcdRequest(path: string, body: object): string {
  const text = JSON.stringify(body);
  return `POST /v3/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

/** Keys and values in etcd's gateway. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
