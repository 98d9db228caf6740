import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { startChromium, type BrowserPage } from './chromium.ts';
import { startNeuronProcess, temporaryDirectory, TEST_SECRET } from './neuron-process.ts';

const run = promisify(execFile);

/** Goes onto a channel in a page. */
async function goIn(page: BrowserPage, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, value] of Object.entries({ secret: TEST_SECRET, ...fields })) await page.evaluate(`document.getElementById('${id}').value = ${JSON.stringify(value)}`);
  await page.evaluate("document.getElementById('login').requestSubmit()");
}

const say = (page: BrowserPage, words: string) => page.evaluate(`document.getElementById('text').value = ${JSON.stringify(words)}; document.getElementById('compose').requestSubmit()`);
const shows = (words: string) => `[...document.querySelectorAll('.message .body')].filter(({ textContent }) => textContent === ${JSON.stringify(words)}).length === 1`;
const isOn = (...people: string[]) => `[...document.querySelectorAll('.person .label')].map(({ textContent }) => textContent).join() === '${people.join()}'`;
const isConnected = "document.getElementById('status').dataset.state === 'on'";

/** Looks at a page at both ends of its widths: nothing is cut off. Pictures go where XIR_TEST_PICTURES says. */
async function look(page: BrowserPage, name: string): Promise<void> {
  const folder = process.env['XIR_TEST_PICTURES'];
  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [360, 1280]) {
      const picture = await page.picture(width, 720, scheme);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      if (folder !== undefined) await writeFile(`${folder}/${name}-${width}-${scheme}.png`, picture);
    }
  }
}

it('the script of the chat page is what its sources make', async () => {
  const { stderr } = await run(process.execPath, [fileURLToPath(new URL('../../../scripts/docs/chat-script.mjs', import.meta.url)), '--check']).catch((error: { readonly stderr: string }) => error);
  expect(stderr).toBe('');
});

it('two people talk from pages of two neurons, and go on when one of these dies', async () => {
  await using directory = await temporaryDirectory();
  await using first = await startNeuronProcess(['--data-dir', directory.path, '--serve-database', '127.0.0.1:0']);
  await using second = await startNeuronProcess(['--couchdb-url', String(first.ready.database)]);
  await using browser = await startChromium();
  const [alex, bob] = [await browser.open(`${first.ready.operations}/chat`), await browser.open(`${second.ready.operations}/chat`)];
  expect(await alex.evaluate("document.getElementById('neurons').value")).toBe(first.ready.rest);
  await goIn(alex, { user: 'alex', secret: 'wrong' });
  await alex.until("document.getElementById('problem').textContent.includes('refused')");
  await look(alex, 'login');
  await goIn(alex, { user: 'alex' });
  await alex.until(isConnected);
  await say(alex, 'anybody here?');
  await alex.until("document.querySelector('.message.own:not(.waiting):not(.failed)') !== null");
  await goIn(bob, { user: 'bob', neurons: `${second.ready.rest} ${first.ready.rest}` });
  // What was said before is there.
  await bob.until(shows('anybody here?'));
  await Promise.all([alex.until(isOn('alex', 'bob')), bob.until(isOn('alex', 'bob'))]);
  await say(bob, 'yes, <b>bob</b>');
  await alex.until(shows('yes, <b>bob</b>'));
  await second.process.end('SIGKILL');
  await say(alex, 'are you still there?');
  await bob.until(shows('are you still there?'));
  await bob.until(isConnected);
  await say(bob, 'elsewhere by now');
  await alex.until(shows('elsewhere by now'));
  await alex.until(isOn('alex', 'bob'));
  expect(await bob.evaluate("document.querySelectorAll('.missed').length")).toBe(0);
  await look(bob, 'chat');
  for (const { complaints, evaluate } of [alex, bob]) {
    expect(complaints).toEqual([]);
    // The secret is in no address, and the page keeps nothing.
    expect(await evaluate('[location.href, localStorage.length, document.cookie].join()')).toMatch(/\/chat,0,$/);
  }
}, 120_000);
