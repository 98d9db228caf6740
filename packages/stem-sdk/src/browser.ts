import { SdkError } from './errors.ts';
import { locateNeuron } from './location.ts';
import { socketClient } from './socket-client.ts';
import type { ConnectOptions, StemClient } from './stem-client.ts';

export type { CacheOptions } from './cache-options.ts';
export type { CacheStatistics } from './cache-state.ts';
export type { ConnectOptions, StemClient } from './stem-client.ts';
export { SDK_ERROR_CODES, SdkError, type SdkErrorCode } from './errors.ts';
export type { Credentials, LoginSource, TokenLogin } from './location.ts';
export type { SocketFactory, SocketLike } from './socket-line.ts';
export type { Change, UpdateOptions } from './update.ts';

/** A client of a neuron over one WebSocket, for pages: everything that `connect` of `@xir/stem-sdk` does with a `ws:` or `wss:` URL, without what REST needs. Throws `SDK_BAD_URL`, `SDK_NO_WEBSOCKET`. */
export function connect(url: string, options: ConnectOptions = {}): StemClient {
  const location = locateNeuron(url, {});
  if (!location.url.startsWith('ws')) throw new SdkError('SDK_BAD_URL', 'Here the URL of the neuron must begin with ws: or wss:.');
  return socketClient(location, options);
}
