import type { Location } from './location.ts';
import { MessageChannel } from './message-channel.ts';
import { MessageOperations } from './message-operations.ts';
import { NeuronClient } from './neuron-client.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS } from './request-limits.ts';
import { credentialsOf, identityOf, maxAnswerBytesOf, type ConnectOptions, type StemClient } from './stem-client.ts';
import { tcpWire } from './tcp-line.ts';
import { platformTcp, tcpTarget } from './tcp-socket.ts';

/** A client over one TCP connection, which speaks the Redis protocol (RESP3). Throws `SDK_NO_TCP`. */
export function tcpClient(location: Location, options: ConnectOptions): StemClient {
  const credentials = credentialsOf(location, options);
  const identity = identityOf(location.url, credentials, options);
  const wire = tcpWire({ target: tcpTarget(location.url), credentials, open: options.tcp ?? platformTcp(), silenceMs: identity.timing.silenceMs, maxAnswerBytes: maxAnswerBytesOf(options) });
  const channel = new MessageChannel({ wire, requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS });
  return new NeuronClient(new MessageOperations(channel, identity.timing), identity);
}
