import { SdkError } from '../errors.ts';
import { basicAuthorization } from '../location.ts';
import type { Fetch } from '../rest-channel.ts';
import type { ChannelOptions } from './channel-options.ts';

/** Where a connection is made, and what it shows there. */
export interface ConnectTarget {
  /** Of signalling, such as `wss://host/ws`. Safe to log. */
  readonly host: string;
  readonly token: string;
}

/** What a {@link NeuronLookup} works with. */
export interface NeuronLookupParts {
  readonly urls: readonly string[];
  readonly path: string;
  readonly options: Pick<ChannelOptions, 'credentials' | 'token' | 'user' | 'create'>;
  readonly fetch: Fetch;
}

/** Error strings of neurons that will not be other ones at the next try. */
const LASTING: ReadonlySet<string> = new Set(['unauthorized', 'no_namespace', 'bad_name', 'bad_segment', 'invalid_account']);

/** Finds out where to connect, and with which token. */
export class NeuronLookup {
  readonly #parts: NeuronLookupParts;
  #index = 0;

  constructor(parts: NeuronLookupParts) {
    this.#parts = parts;
  }

  /** Whether each call brings another token. */
  get renews(): boolean {
    return typeof this.#parts.options.token !== 'string';
  }

  /** The next one is asked from now on: this one could not be reached. */
  turnAway(): void {
    this.#index = (this.#index + 1) % this.#parts.urls.length;
  }

  /** Rejects with `SDK_UNAUTHORIZED` or `SDK_REFUSED` where asking again is of no use, else with anything. `preferred`: the host to connect to, where one is known. */
  async find(preferred: string | undefined, signal: AbortSignal): Promise<ConnectTarget> {
    const { options, urls } = this.#parts;
    const { token } = options;
    const url = urls[this.#index] ?? '';
    if (token !== undefined) return { host: preferred ?? url, token: typeof token === 'string' ? token : await token() };
    const made = await this.#tokenOf(url, signal);
    return { host: preferred ?? (await this.#hostOf(url, signal)), token: made };
  }

  async #tokenOf(url: string, signal: AbortSignal): Promise<string> {
    const { path, options } = this.#parts;
    const place = path.split('/').map(encodeURIComponent).join('/');
    if (options.create === true) {
      const created = await this.#ask('PUT', `${url}/_ns${place}`, signal);
      if (created.error !== undefined && created.error !== 'path_exists') throw refusal(created.error, `the channel ${path} could not be made`);
    }
    const { value, error } = await this.#ask('PUT', `${url}/_token${place}?k=${encodeURIComponent(options.user ?? '')}`, signal);
    if (typeof value !== 'string' || error !== undefined) throw refusal(error ?? '', `no token for the channel ${path} was given`);
    return value;
  }

  async #hostOf(url: string, signal: AbortSignal): Promise<string> {
    const place = this.#parts.path.split('/').map(encodeURIComponent).join('/');
    const { value, error } = await this.#ask('GET', `${url}/_host${place}?type=signal&own=0`, signal);
    // No neuron has said where its signalling is: this one serves it at its own address, which is known better here than behind proxies.
    return typeof value === 'string' && error === undefined && /^wss?:\/\//.test(value) ? value : `${url.replace(/^http/, 'ws')}/ws`;
  }

  async #ask(method: string, url: string, signal: AbortSignal): Promise<{ readonly value: unknown; readonly error: string | undefined }> {
    const { options, fetch } = this.#parts;
    const headers = options.credentials === undefined ? {} : { authorization: basicAuthorization(options.credentials) };
    const response = await fetch(url, { method, headers, signal });
    const { v, s } = (await response.json()) as { readonly v?: unknown; readonly s?: unknown };
    return s === 'ok' ? { value: v, error: undefined } : { value: undefined, error: typeof v === 'string' ? v : 'no answer of a neuron' };
  }
}

function refusal(error: string, what: string): Error {
  if (error === 'unauthorized') return new SdkError('SDK_UNAUTHORIZED', `${what}: the login was refused, or may not do this`, error);
  if (LASTING.has(error)) return new SdkError('SDK_REFUSED', `${what}: the neuron answered ${error}`, error);
  return new Error(`${what}: ${error}`);
}
