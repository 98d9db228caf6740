import { locateNeuron, processEnvironment, TCP_SCHEMES } from './location.ts';
import { NeuronClient } from './neuron-client.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS } from './request-limits.ts';
import { RestChannel } from './rest-channel.ts';
import { RestOperations } from './rest-operations.ts';
import { socketClient } from './socket-client.ts';
import { credentialsOf, identityOf, maxAnswerBytesOf, type ConnectOptions, type StemClient } from './stem-client.ts';
import { tcpClient } from './tcp-client.ts';

/**
 * A client of a neuron; nothing is sent before its first operation. The URL defaults to `XIR_NEURON_URL`, then `NEURON_PORT_4006_TCP_ADDR`, then
 * `http://127.0.0.1:4006`; credentials may stand in it. With `ws:` or `wss:` (such as `ws://127.0.0.1:4005`) everything goes over one WebSocket, with
 * `redis:` or `tcp:`, `rediss:` or `tls:` (such as `redis://127.0.0.1:4007`) over one TCP connection. Throws `SDK_BAD_URL`, `SDK_NO_WEBSOCKET`, `SDK_NO_TCP`.
 */
export function connect(url?: string, options: ConnectOptions = {}): StemClient {
  const location = locateNeuron(url, processEnvironment());
  if (location.url.startsWith('ws')) return socketClient(location, options);
  if (TCP_SCHEMES.test(location.url)) return tcpClient(location, options);
  const credentials = credentialsOf(location, options);
  const channel = new RestChannel({
    url: location.url,
    credentials,
    fetch: options.fetch ?? ((address, init) => fetch(address, init)),
    requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    maxAnswerBytes: maxAnswerBytesOf(options),
  });
  const identity = identityOf(location.url, credentials, options);
  return new NeuronClient(new RestOperations(channel, identity.timing), identity);
}
