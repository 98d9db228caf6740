/** The request's side of an exchange: what handlers use of a `node:http` request. */
export interface ExchangeRequest extends AsyncIterable<Buffer> {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly destroyed: boolean;
  /** The whole request has arrived. */
  readonly complete: boolean;
  /** The whole body, where it is at hand as well-formed text. */
  readonly bodyText?: string | undefined;
}

/** The answer's side of an exchange: what handlers use of a `node:http` response. */
export interface ExchangeResponse {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly writableNeedDrain: boolean;
  writeHead(status: number, headers: Record<string, string>): unknown;
  flushHeaders(): void;
  write(piece: string | Buffer): unknown;
  end(piece?: string | Buffer): unknown;
  destroy(): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
  off(event: 'close' | 'drain', listener: () => void): unknown;
}
