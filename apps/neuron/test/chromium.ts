import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'undici';

/** A page in Chromium. */
export interface BrowserPage {
  /** What an expression is, or resolves to, in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** Resolves when an expression is true in the page. */
  until(expression: string): Promise<void>;
  /** Everything that went wrong in the page: exceptions, and what its policy kept from it. */
  readonly complaints: readonly string[];
  /** A picture (PNG) of the page at a width, in one of the colour schemes. */
  picture(width: number, height: number, scheme: 'light' | 'dark'): Promise<Buffer>;
}

/** A Chromium without a window (Debian: `apt-get install chromium`), driven over the DevTools protocol. */
export interface Browser extends AsyncDisposable {
  open(url: string): Promise<BrowserPage>;
}

interface Answer {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** Starts one. */
export async function startChromium(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'xir-chromium-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-timer-throttling', '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
  const child = spawn('chromium', flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`chromium ended: ${said}`)));
  });
  const tools = await connectTools(address);
  return {
    async open(url) {
      const { targetId } = await tools.call('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await tools.call('Target.attachToTarget', { targetId, flatten: true });
      return openPage(tools, String(sessionId), url);
    },
    async [Symbol.asyncDispose]() {
      tools.close();
      child.kill('SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Tools = Awaited<ReturnType<typeof connectTools>>;

async function connectTools(address: string) {
  const socket = new WebSocket(address);
  const pending = new Map<number, (answer: Answer) => void>();
  const listeners = new Set<(answer: Answer) => void>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id === undefined) for (const listen of listeners) listen(answer);
    else pending.get(answer.id)?.(answer);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the DevTools cannot be reached')));
  });
  return {
    call(method: string, params: object, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
      last += 1;
      const id = last;
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
      return new Promise((resolve, reject) => {
        pending.set(id, ({ result, error }) => {
          pending.delete(id);
          if (error === undefined) resolve(result ?? {});
          else reject(new Error(`${method}: ${error.message}`));
        });
      });
    },
    listen: (listener: (answer: Answer) => void) => void listeners.add(listener),
    close: () => socket.close(),
  };
}

async function openPage(tools: Tools, session: string, url: string): Promise<BrowserPage> {
  const complaints: string[] = [];
  const call = (method: string, params: object = {}) => tools.call(method, params, session);
  const loaded = new Promise<void>((resolve) => {
    tools.listen(({ sessionId, method, params }) => {
      if (sessionId !== session) return;
      if (method === 'Page.loadEventFired') resolve();
      if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params?.['exceptionDetails']));
      if (method === 'Log.entryAdded' && /Content Security Policy/.test(JSON.stringify(params))) complaints.push(JSON.stringify(params?.['entry']));
    });
  });
  for (const domain of ['Page', 'Runtime', 'Log']) await call(`${domain}.enable`);
  await call('Page.navigate', { url });
  await loaded;
  const evaluate = async (expression: string) => {
    const { result, exceptionDetails } = (await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })) as { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result?.value;
  };
  return {
    evaluate,
    complaints,
    async until(expression) {
      await evaluate(`new Promise((resolve) => { const look = () => ((${expression}) ? resolve() : setTimeout(look, 10)); look(); })`);
    },
    async picture(width, height, scheme) {
      // A page behind another one is painted when Chromium comes to it.
      await call('Page.bringToFront');
      await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
      await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
      const { data } = await call('Page.captureScreenshot', { format: 'png' });
      return Buffer.from(String(data), 'base64');
    },
  };
}
