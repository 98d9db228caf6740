import { failingProtocolCases, protocolMutants, registerProtocolSuite, startMutant } from '@xir/couch-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedCouch } from '../src/index.ts';
import { couchdbUrl, temporaryServer } from './support/temporary-server.ts';

/** Some mutants never answer; nobody waits for them as long as for a server. */
const MUTANT_TIMEOUT_MS = 3000;

let server: EmbeddedCouch;
beforeAll(async () => {
  server = await temporaryServer();
});
afterAll(() => server.close());

registerProtocolSuite({ describe, it }, 'the embedded server speaks the protocol', () => server);
if (couchdbUrl !== undefined) registerProtocolSuite({ describe, it }, 'so does CouchDB', () => ({ url: couchdbUrl ?? '' }));

describe('the suite sees what is wrong', () => {
  it('and passes behind a proxy that changes nothing', async () => {
    await using mutant = await startMutant(server, { name: 'none' });
    expect(await failingProtocolCases(mutant)).toEqual([]);
  });

  for (const mutant of protocolMutants) {
    it(`when ${mutant.name}`, async () => {
      await using running = await startMutant({ url: server.url, timeoutMs: MUTANT_TIMEOUT_MS }, mutant);
      expect(await failingProtocolCases(running, 1)).toHaveLength(1);
    });
  }
});
