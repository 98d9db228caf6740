export { createLegacyServer, DEFAULT_MAX_BODY_BYTES, DEFAULT_MAX_CONNECTIONS, DEFAULT_REQUEST_TIMEOUT_MS, type LegacyServer, type LegacyServerOptions } from './legacy-server.ts';
export type { Invoke } from './legacy-service.ts';
