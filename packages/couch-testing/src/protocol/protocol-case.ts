import { ProtocolClient, type ProtocolTarget } from './protocol-client.ts';

/** One fact of CouchDB's protocol, with the check for it. */
export interface ProtocolCase {
  /** The fact, as a sentence. */
  readonly name: string;
  /** Rejects when the server does otherwise. The client's database exists and is empty. */
  readonly run: (client: ProtocolClient) => Promise<void>;
}

/** Runs a case in a database of its own, which is deleted afterwards. */
export async function runProtocolCase(protocolCase: ProtocolCase, target: ProtocolTarget): Promise<void> {
  const client = new ProtocolClient(target);
  try {
    const created = await client.call('PUT', '');
    if (created.status !== 201 && created.status !== 202) throw new Error(`creating a database answered ${created.status} ${created.text}`);
    await protocolCase.run(client);
  } finally {
    await client.call('DELETE', '').finally(() => client.close());
  }
}
