import { createLegacyServer, type Invoke } from '@xir/legacy-rest';
import type { Logger } from '@xir/operations';
import { remoteAddressOf } from '@xir/rest';

import type { ClosingStack } from './closing-stack.ts';
import { listening } from './listening.ts';
import type { NamedSettings } from './named-settings.ts';
import type { TlsFiles } from './tls-files.ts';

/** What the legacy API is served with. */
export interface LegacyParts {
  readonly settings: NamedSettings;
  readonly invoke: Invoke;
  readonly tls: TlsFiles | undefined;
}

/** Serves the legacy V2 API where its port is set. Throws `NEURON_LISTEN_FAILED`. */
export async function openLegacy({ settings, invoke, tls }: LegacyParts, { stack, logger }: { readonly stack: ClosingStack; readonly logger: Logger }): Promise<void> {
  const { legacyPort: port, host, trustProxy } = settings;
  if (port === undefined) return;
  const onError = (error: unknown) => logger.error({ error }, 'a request to the legacy API failed for a reason that nobody planned for');
  const options = { invoke, addressOf: (request: Parameters<typeof remoteAddressOf>[0]) => remoteAddressOf(request, trustProxy), host, port, onError, ...(tls === undefined ? {} : { tls }) };
  const server = stack.add('legacy REST', await listening('--legacy-port', () => createLegacyServer(options)));
  logger.info({ legacy: server.url }, 'the legacy V2 REST API is served');
}
