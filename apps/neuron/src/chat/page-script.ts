// Runs in the page /chat; bundled by `npm run generate` into chat-script.ts.
import { openChannel, SdkError, type Channel, type ChannelEvent, type ChannelMessage } from '@xir/stem-sdk/channels';

import { page, type PageElement } from './page-scope.ts';

/** Messages that are fetched when a channel is opened, and each time older ones are asked for. */
const HISTORY_MESSAGES = 50;
/** Messages that are shown at most. */
const MAX_SHOWN_MESSAGES = 2_000;

const find = (id: string): PageElement => {
  const found = page.getElementById(id);
  if (found === null) throw new TypeError(`the page has no ${id}`);
  return found;
};
const [login, room] = [find('login'), find('room')];
const [list, people, status, problem] = [find('messages'), find('people'), find('status'), find('problem')];
const [compose, text, older] = [find('compose'), find('text'), find('older')];
const times = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

let channel: Channel | undefined;
let self = '';
let firstPosition: string | undefined;

function made(tag: string, className: string, content = ''): PageElement {
  const element = page.createElement(tag);
  element.className = className;
  element.textContent = content;
  return element;
}

/** A colour of its own for each name. */
function hueOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 100_003;
  // Names that differ a little get colours that differ much.
  return (Math.imul(hash, 2_654_435_761) >>> 0) % 360;
}

function textOf({ content }: Pick<ChannelMessage, 'content'>): string {
  if (typeof content === 'string') return content;
  const inner = typeof content === 'object' && content !== null && !Array.isArray(content) ? (content['text'] ?? content['msg']) : undefined;
  return typeof inner === 'string' ? inner : JSON.stringify(content);
}

function line({ user, content, sentAtMs }: Pick<ChannelMessage, 'user' | 'content' | 'sentAtMs'>): PageElement {
  const element = made('li', user === self ? 'message own' : 'message');
  const head = made('div', 'head');
  const name = made('b', 'name', user);
  name.style.setProperty('--hue', String(hueOf(user)));
  const time = made('time', '', times.format(sentAtMs));
  head.append(name, time);
  element.append(head, made('div', 'body', textOf({ content })));
  return element;
}

function append(element: PageElement): void {
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.append(element);
  while (list.childElementCount > MAX_SHOWN_MESSAGES) list.firstElementChild?.remove();
  if (isAtEnd || element.classList.contains('own')) list.scrollTop = list.scrollHeight;
}

function showPeople(): void {
  const users = new Map<string, number>();
  for (const { user } of channel?.members ?? []) users.set(user, (users.get(user) ?? 0) + 1);
  const items = [...users].toSorted(([left], [right]) => left.localeCompare(right)).map(([user, devices]) => {
    const item = made('li', user === self ? 'person self' : 'person');
    const dot = made('span', 'dot');
    dot.style.setProperty('--hue', String(hueOf(user)));
    item.append(dot, made('span', 'label', user));
    if (devices > 1) item.append(made('span', 'devices', `×${devices}`));
    return item;
  });
  people.replaceChildren(...items);
  find('count').textContent = String(users.size);
}

function showStatus(state: 'on' | 'off', words: string): void {
  status.dataset['state'] = state;
  status.textContent = words;
}

function take(event: ChannelEvent): void {
  switch (event.type) {
    case 'message':
      return append(line(event.message));
    case 'join':
    case 'leave':
      append(made('li', 'note', `${event.member.user} ${event.type === 'join' ? 'is here' : 'has left'}`));
      return showPeople();
    case 'update':
      return showPeople();
    case 'connected':
      showStatus('on', `connected to ${new URL(event.host).host}`);
      if (!event.recovered) append(made('li', 'note missed', 'messages may be missing here'));
      return showPeople();
    case 'disconnected':
      return showStatus('off', `${event.reason}: trying again`);
    case 'undelivered':
      return append(made('li', 'note missed', 'a message was not delivered'));
  }
}

async function showOlder(opened: Channel): Promise<void> {
  older.disabled = true;
  try {
    const { messages, hasMore } = await opened.history({ limit: HISTORY_MESSAGES, ...(firstPosition === undefined ? {} : { before: firstPosition }) });
    firstPosition = messages[0]?.position ?? firstPosition;
    const before = list.scrollHeight;
    list.prepend(...messages.map(line));
    list.scrollTop += list.scrollHeight - before;
    older.hidden = !hasMore;
  } catch (error) {
    // The channel keeps nothing, or nothing can be read now: what comes is shown all the same.
    if (!(error instanceof SdkError)) throw error;
    older.hidden = true;
  }
  older.disabled = false;
}

async function follow(opened: Channel): Promise<void> {
  try {
    for await (const event of opened.events()) take(event);
  } catch (error) {
    leave(error instanceof Error ? error.message : String(error));
  }
}

function leave(why: string): void {
  void channel?.close();
  channel = undefined;
  room.hidden = true;
  login.hidden = false;
  problem.textContent = why;
  find('secret').value = '';
}

function enter(): void {
  const field = (id: string): string => find(id).value.trim();
  problem.textContent = '';
  self = field('user');
  firstPosition = undefined;
  list.replaceChildren();
  let opened: Channel;
  try {
    // The secret stays in this page's memory, and goes nowhere but into the header of requests for tokens.
    opened = openChannel({ url: field('neurons').split(/[\s,]+/).filter((url) => url !== ''), path: field('path'), user: self, create: true, device: `page-${Math.random().toString(36).slice(2, 10)}`, credentials: { account: field('account'), secret: find('secret').value } });
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    return;
  }
  channel = opened;
  find('title').textContent = opened.path;
  showStatus('off', 'connecting');
  login.hidden = true;
  room.hidden = false;
  text.focus();
  void follow(opened);
  void opened.opened.then(() => showOlder(opened)).catch(() => undefined);
}

async function say(): Promise<void> {
  const content = text.value;
  const opened = channel;
  if (opened === undefined || content.trim() === '') return;
  text.value = '';
  const element = line({ user: self, content, sentAtMs: Date.now() });
  element.classList.add('waiting');
  append(element);
  try {
    const { reached } = await opened.send({ text: content });
    element.title = `reached ${reached}`;
  } catch (error) {
    element.classList.add('failed');
    element.append(made('div', 'reason', error instanceof Error ? error.message : String(error)));
  }
  element.classList.remove('waiting');
}

login.addEventListener('submit', (event) => {
  event.preventDefault();
  enter();
});
compose.addEventListener('submit', (event) => {
  event.preventDefault();
  void say();
});
find('leave').addEventListener('click', () => leave(''));
older.addEventListener('click', () => channel !== undefined && void showOlder(channel));
