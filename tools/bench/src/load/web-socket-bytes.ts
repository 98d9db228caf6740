const TEXT = 0x81;

/** The request that opens a WebSocket. Source: RFC 6455, 1.3, whose key it uses. */
export function webSocketOpening(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
}

/** A frame of a client; its mask is zero, so that what it says can be read in a capture. Source: RFC 6455, 5.2. */
export function clientFrame(text: string, first = TEXT): Buffer {
  return frameOf(text, { first, masked: true });
}

/** A text frame of a server. */
export function serverTextFrame(text: string): Buffer {
  return frameOf(text, { first: TEXT, masked: false });
}

function frameOf(text: string, { first, masked }: { readonly first: number; readonly masked: boolean }): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 0xff_ff) throw new RangeError('frames of the load generator have at most 65,535 bytes');
  const bit = masked ? 0x80 : 0;
  const head = payload.length < 126 ? [first, bit | payload.length] : [first, bit | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(masked ? 4 : 0), payload]);
}
