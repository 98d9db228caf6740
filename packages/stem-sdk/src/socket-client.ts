import type { Location } from './location.ts';
import { MessageChannel } from './message-channel.ts';
import { MessageOperations } from './message-operations.ts';
import { NeuronClient } from './neuron-client.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS } from './request-limits.ts';
import { platformSocket, socketWire } from './socket-line.ts';
import { credentialsOf, identityOf, maxAnswerBytesOf, type ConnectOptions, type StemClient } from './stem-client.ts';

/** A client over one WebSocket. The path defaults to `/ws`. Throws `SDK_NO_WEBSOCKET`. */
export function socketClient(location: Location, options: ConnectOptions): StemClient {
  const credentials = credentialsOf(location, options);
  const identity = identityOf(location.url, credentials, options);
  const url = /^wss?:\/\/[^/]+$/.test(location.url) ? `${location.url}/ws` : location.url;
  const wire = socketWire({ url, credentials, open: options.webSocket ?? platformSocket(), silenceMs: identity.timing.silenceMs, maxAnswerBytes: maxAnswerBytesOf(options) });
  const channel = new MessageChannel({ wire, requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS });
  return new NeuronClient(new MessageOperations(channel, identity.timing), identity);
}
