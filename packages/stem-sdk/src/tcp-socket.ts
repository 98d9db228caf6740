import { SdkError } from './errors.ts';

/** What is used of a TCP connection: a `Socket` of `node:net` or `node:tls`, or one like it. */
export interface TcpLike {
  setEncoding(encoding: 'latin1'): unknown;
  write(text: string, encoding: 'utf8'): unknown;
  destroy(): unknown;
  on(event: 'data', listener: (bytes: string) => void): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** Where a TCP connection leads. */
export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  /** Whether it is encrypted (TLS). */
  readonly secure: boolean;
}

/** Begins a TCP connection; what is written before it stands is sent then. */
export type TcpFactory = (target: TcpTarget) => TcpLike;

/** The port of a neuron's Redis protocol where none is given. */
export const DEFAULT_TCP_PORT = 4007;

interface Connecting {
  connect(options: { readonly host: string; readonly port: number; readonly noDelay: true }): TcpLike;
}

/** Where a URL of {@link TcpTarget} leads, such as `redis://neuron:4007` or `tls://neuron`. */
export function tcpTarget(url: string): TcpTarget {
  const { protocol, hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? DEFAULT_TCP_PORT : Number(port), secure: protocol === 'rediss:' || protocol === 'tls:' };
}

/** TCP of the platform, found without an import, so that pages can bundle what names it. Throws `SDK_NO_TCP` where there is none. */
export function platformTcp(): TcpFactory {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } };
  if (process?.getBuiltinModule === undefined) throw new SdkError('SDK_NO_TCP', 'This platform has no TCP: connect with an http: or ws: URL.');
  const of = (name: string) => process.getBuiltinModule?.(name) as Connecting;
  return ({ host, port, secure }) => of(secure ? 'node:tls' : 'node:net').connect({ host, port, noDelay: true });
}
