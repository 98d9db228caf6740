import { FakeBody } from './fake-body.ts';

/** A request as the fake server sees it. */
export interface FakeRequest {
  readonly method: string;
  /** Decoded path segments. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly atMs: number;
}

/** An answer of the fake server. */
export interface FakeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FakeBody;
  /** Milliseconds until the headers are sent; `Infinity`: with the first byte of the body, at the earliest. */
  readonly headersAfterMs: number;
}

/** A whole JSON answer. */
export function jsonResponse(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): FakeResponse {
  const body = new FakeBody();
  body.write(`${JSON.stringify(value)}\n`);
  body.end();
  return { status, headers: { 'content-type': 'application/json', ...headers }, body, headersAfterMs: 0 };
}

/** An answer that says nothing, for ever: a connection that was accepted and forgotten. */
export function silentResponse(headersAfterMs = 0): FakeResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: new FakeBody(), headersAfterMs };
}
