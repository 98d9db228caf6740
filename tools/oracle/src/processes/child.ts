import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a process ended. */
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A process of the run, in a group of its own so that a signal reaches whatever it started. */
export class Child {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #errors: string[] = [];
  readonly #firstLine: Promise<string>;
  #running = true;

  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const [program = '', ...parameters] = command;
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { PATH, HOME, ...environment } });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new TypeError('the process has no pipes');
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors.push(text);
      if (this.#errors.length > 200) this.#errors.shift();
    });
    this.#firstLine = once(createInterface({ input: stdout }), 'line').then(([line]) => String(line));
    this.ended = once(this.#child, 'exit').then(([code, signal]) => {
      this.#running = false;
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get running(): boolean {
    return this.#running;
  }

  /** The last lines of standard error. */
  get log(): string {
    return this.#errors.join('');
  }

  /** The first line of standard output; fails with the log when the process ends before it. */
  async firstLine(): Promise<string> {
    const line = await Promise.race([this.#firstLine, this.ended.then(() => undefined)]);
    if (line === undefined) throw new Error(`a process ended before it was ready\n${this.log}`);
    return line;
  }

  /** Sends a signal to the process and all it started. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (this.#running && pid !== undefined) process.kill(-pid, signal);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }
}
