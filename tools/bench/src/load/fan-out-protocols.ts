import { clientFrame, serverTextFrame, webSocketOpening } from './web-socket-bytes.ts';
import type { FanOutProtocol } from './fan-out.ts';

/** Says that a connection of a WebSocket is there, and answers its pings. */
const WEB_SOCKET = {
  isReady: (text: string) => text.includes('\r\n\r\n'),
  ping: { asked: Buffer.from([0x89, 0]), answer: clientFrame('', 0x8a) },
};
const CHANNEL = 'bench';
const NATS_CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"lang":"xir-bench","version":"1","protocol":1}\r\n';

/** A neuron: one token for each receiver, and the last for the sender, all for one channel. */
export function signallingProtocol(tokens: readonly string[], { path, sender, content }: { readonly path: string; readonly sender: string; readonly content: string }): FanOutProtocol {
  const opening = (token: string | undefined) => webSocketOpening(`/v2/${token ?? ''}${path}`);
  return {
    ...WEB_SOCKET,
    receiverOpening: (n) => opening(tokens[n]),
    senderOpening: opening(tokens.at(-1)),
    message: clientFrame(signallingText(content)),
    heard: serverTextFrame(`{"t":"u","m":{"f":"${path.slice(1)}/${sender}","o":"message","t":null},"p":${content}}`),
  };
}

/** What a client says to send a message, to everybody unless `meta` says otherwise. */
export function signallingText(content: string, meta = '{"o":"message"}'): string {
  return `{"t":"u","m":${meta},"p":${content}}`;
}

/** A bare server that passes on what it is sent, as it is. */
export function bareProtocol(text: string): FanOutProtocol {
  return { ...WEB_SOCKET, receiverOpening: () => webSocketOpening('/'), senderOpening: webSocketOpening('/'), message: clientFrame(text), heard: serverTextFrame(text) };
}

/** Redis publishes and subscribes. */
export function redisProtocol(content: string): FanOutProtocol {
  const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
  return {
    receiverOpening: () => `SUBSCRIBE ${CHANNEL}\r\n`,
    senderOpening: 'PING\r\n',
    isReady: (text) => text.endsWith(':1\r\n') || text.endsWith('+PONG\r\n'),
    message: Buffer.from(`*3\r\n${bulk('PUBLISH')}${bulk(CHANNEL)}${bulk(content)}`),
    heard: Buffer.from(`*3\r\n${bulk('message')}${bulk(CHANNEL)}${bulk(content)}`),
  };
}

/** NATS without JetStream: what nobody hears is gone. */
export function natsProtocol(content: string): FanOutProtocol {
  return {
    receiverOpening: () => `${NATS_CONNECT}SUB ${CHANNEL} 1\r\nPING\r\n`,
    senderOpening: `${NATS_CONNECT}PING\r\n`,
    isReady: (text) => text.includes('PONG\r\n'),
    ping: { asked: Buffer.from('PING\r\n'), answer: Buffer.from('PONG\r\n') },
    message: Buffer.from(`PUB ${CHANNEL} ${content.length}\r\n${content}\r\n`),
    heard: Buffer.from(`MSG ${CHANNEL} 1 ${content.length}\r\n${content}\r\n`),
  };
}
