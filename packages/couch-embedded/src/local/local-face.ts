import { EmbeddedError } from '../errors.ts';
import { Exchange } from '../http/exchange.ts';
import type { ExchangeResponse } from '../http/exchange-sides.ts';
import { LocalExchangeRequest, type LocalRequest } from './local-request.ts';
import { LocalExchangeResponse, type LocalResponse } from './local-response.ts';

/** How a {@link LocalFace} answers. */
export interface LocalFaceOptions {
  readonly maxBodyBytes: number;
  /** Answers with what a handler threw. */
  readonly refuse: (exchange: Exchange | undefined, response: ExchangeResponse, error: unknown) => void;
}

/** Carries requests of the own process to the handlers. Whoever holds the server is an admin. */
export class LocalFace {
  readonly #handle: (exchange: Exchange) => Promise<void>;
  readonly #options: LocalFaceOptions;
  readonly #open = new Set<LocalExchangeResponse>();
  #closed = false;

  constructor(handle: (exchange: Exchange) => Promise<void>, options: LocalFaceOptions) {
    this.#handle = handle;
    this.#options = options;
  }

  request(request: LocalRequest): Promise<LocalResponse> {
    const { signal } = request;
    if (this.#closed) return Promise.reject(new EmbeddedError('EMBEDDED_CLOSED', 'the server is closed'));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const response = new LocalExchangeResponse(() => {
        if (response.destroyed) reject(response.failure as Error);
        else resolve(response);
      });
      const abort = (): void => response.destroy(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.#open.add(response);
      response.once('close', () => {
        signal?.removeEventListener('abort', abort);
        this.#open.delete(response);
      });
      void this.#answer(request, response);
    });
  }

  /** Takes no more requests. */
  close(): void {
    this.#closed = true;
  }

  /** Ends what is still under way. */
  cut(): void {
    for (const response of this.#open) response.destroy();
  }

  async #answer(request: LocalRequest, response: LocalExchangeResponse): Promise<void> {
    let exchange: Exchange | undefined;
    try {
      exchange = new Exchange(new LocalExchangeRequest(request), response, this.#options.maxBodyBytes);
      exchange.user = { name: null, roles: ['_admin'] };
      await this.#handle(exchange);
    } catch (error) {
      this.#options.refuse(exchange, response, error);
    }
  }
}
