import { fileURLToPath } from 'node:url';

import { Proxy } from '../proxy.ts';
import type { Recorder } from '../recorder.ts';
import { Child } from './child.ts';

/** How a neuron is run. */
export interface NeuronOptions {
  readonly name: string;
  /** One server, or the nodes of a cluster in the order in which this neuron's proxy tries them. */
  readonly databaseUrls: readonly [URL, ...URL[]];
  readonly databaseName: string;
  readonly recorder: Pick<Recorder, 'failure' | 'incident'>;
  /** More options of the command line. */
  readonly flags?: readonly string[];
}

const MAIN = fileURLToPath(new URL('../../../../apps/neuron/src/main.ts', import.meta.url));

/** One neuron over all its processes, behind a proxy of its own. */
export class Neuron implements AsyncDisposable {
  readonly proxy: Proxy;
  readonly #options: NeuronOptions;
  #child: Child | undefined;
  #starts = 0;
  #restUrl = '';
  #operationsUrl = '';
  #webSocketUrl = '';
  #ready = false;
  #expectedEnd = false;
  #held = false;

  private constructor(options: NeuronOptions, proxy: Proxy) {
    this.#options = options;
    this.proxy = proxy;
  }

  static async open(options: NeuronOptions): Promise<Neuron> {
    const targets = options.databaseUrls.map(({ hostname, port }) => ({ host: hostname, port: Number(port === '' ? 80 : port) }));
    const neuron = new Neuron(options, await Proxy.open(targets));
    await neuron.start();
    return neuron;
  }

  get name(): string {
    return this.#options.name;
  }

  /** The name, with the number of its start. */
  get identity(): string {
    return `${this.#options.name}#${this.#starts}`;
  }

  get restUrl(): string {
    return this.#restUrl;
  }

  get webSocketUrl(): string {
    return this.#webSocketUrl;
  }

  get operationsUrl(): string {
    return this.#operationsUrl;
  }

  /** Whether clients may use it. */
  get ready(): boolean {
    return this.#ready && !this.#held;
  }

  /** Keeps clients and watches away from the neuron, which goes on running. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
  }

  /** Starts the process and waits for its ready line. A neuron that cannot reach the database yet is started again. */
  async start(): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#startOnce();
        return;
      } catch (error) {
        if (attempt === 9) throw error;
        this.#options.recorder.failure('neuron-did-not-start');
      }
    }
  }

  /** Sends a signal that ends the process, and waits for that. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#expectedEnd = true;
    this.#ready = false;
    const ended = await this.#child?.end(signal);
    if (signal === 'SIGTERM' && ended !== undefined && ended.code !== 0) {
      this.#options.recorder.incident(`${this.identity} ended with ${ended.code ?? ended.signal} on SIGTERM\n${this.#child?.log ?? ''}`);
    }
  }

  /** Lines of the log, of this start, that hold a word. */
  logLines(word: string): readonly string[] {
    return (this.#child?.log ?? '').split('\n').filter((line) => line.includes(word));
  }

  pause(): void {
    this.#child?.signal('SIGSTOP');
  }

  resume(): void {
    this.#child?.signal('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    await this.proxy[Symbol.asyncDispose]();
  }

  async #startOnce(): Promise<void> {
    const { name, databaseUrls, databaseName, recorder, flags: more = [] } = this.#options;
    const url = new URL(databaseUrls[0]);
    url.hostname = '127.0.0.1';
    url.port = String(this.proxy.port);
    const flags = ['--rest-port', '0', '--ops-port', '0', '--tcp-port', '0', '--ws-port', '0', ...(more.includes('--link-port') ? [] : ['--link-port', '0']), '--name', name, '--database', databaseName, '--heartbeat-ms', '1000', '--log-level', 'warn', ...more];
    const child = new Child([process.execPath, '--import', 'tsx', '--conditions=@xir/source', MAIN, ...flags], { XIR_COUCHDB_URL: url.href });
    this.#child = child;
    this.#expectedEnd = false;
    const ready = JSON.parse(await child.firstLine()) as { rest: string; operations: string; webSocket: string };
    this.#starts += 1;
    this.#restUrl = ready.rest;
    this.#operationsUrl = ready.operations;
    this.#webSocketUrl = ready.webSocket;
    this.#ready = true;
    const identity = this.identity;
    child.ended.then(
      ({ code, signal }) => {
        if (!this.#expectedEnd && this.#child === child) recorder.incident(`${identity} ended by itself with ${code ?? signal}\n${child.log}`);
      },
      (error: unknown) => recorder.incident(`${identity}: ${String(error)}`),
    );
  }
}
