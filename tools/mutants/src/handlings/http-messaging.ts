import type { Mutant } from '../mutant.ts';

const router = (file: string) => `packages/router/${file}`;
const messaging = (file: string) => `packages/messaging/${file}`;
const webhooks = (file: string) => `packages/webhooks/${file}`;

/** Listeners, publishers, messaging over HTTP and webhooks: what each does, taken out. */
export const HTTP_MESSAGING_MUTANTS: readonly Mutant[] = [
  {
    name: 'listeners-of-dead-neurons',
    without: 'Listeners of a neuron that died count no more.',
    file: router('src/subscriptions/directory.ts'),
    find: '          else this.listeners.remove(place, neuron);',
    replace: '',
    heldBy: { file: router('test/listeners.test.ts'), title: 'listeners of a dead one count no more' },
  },
  {
    name: 'listeners-stored-twice',
    without: 'What is stored is told to those who listen to a subtree once.',
    file: router('src/routing/local-delivery.ts'),
    find: "audience === 'channel' ? 'channel' : 'both'",
    replace: "'both'",
    heldBy: { file: router('test/listeners.test.ts'), title: 'each is heard once, in order' },
  },
  {
    name: 'publisher-namesake',
    without: 'Who is called as a publisher is gets its messages.',
    file: router('src/routing/local-peers.ts'),
    find: 'const isOwn = published !== true && path === channel.path;',
    replace: 'const isOwn = path === channel.path;',
    heldBy: { file: router('test/publisher.test.ts'), title: 'its namesake included' },
  },
  {
    name: 'http-expired-token',
    without: 'A token that has expired opens no session.',
    file: messaging('src/peer-login.ts'),
    find: '  if (tokens.verify(token, clock.now()) === undefined) throw unauthorized();',
    replace: '',
    heldBy: { file: messaging('test/peer.test.ts'), title: 'goes on with its session, and with nothing else' },
  },
  {
    name: 'http-token-of-another-channel',
    without: 'A token opens its own channel only.',
    file: messaging('src/peer-login.ts'),
    find: "  if (path !== '/' && own !== path) throw unauthorized();",
    replace: '',
    heldBy: { file: messaging('test/peer.test.ts'), title: 'a token opens its own channel only' },
  },
  {
    name: 'http-token-from-before-a-kick',
    without: 'A token from before a kick opens nothing.',
    file: messaging('src/peer-login.ts'),
    find: '  if (session === undefined && !(await mayConnect(claims, path))) throw unauthorized();',
    replace: '',
    heldBy: { file: messaging('test/peer.test.ts'), title: 'one made before a kick' },
  },
  {
    name: 'http-poll-answer-lost',
    without: 'Frames of a poll whose answer was lost are answered again.',
    file: messaging('src/peer-session.ts'),
    find: 'return { frames: [...this.#unacknowledged], lastNumber: this.#lastNumber };',
    replace: 'return { frames: fresh, lastNumber: this.#lastNumber };',
    heldBy: { file: messaging('test/peer.test.ts'), title: 'is told everything once it acknowledges' },
  },
  {
    name: 'http-queue-unbounded',
    without: 'What waits for a receiver is bounded.',
    file: messaging('src/event-queue.ts'),
    find: '    if (this.#bytes > maxBytes) {',
    replace: '    if (this.#bytes > 1e12) {',
    heldBy: { file: messaging('test/event-queue.test.ts'), title: 'more than may wait cuts the receiver' },
  },
  {
    name: 'webhook-time-unsigned',
    without: 'The time of a webhook is signed.',
    file: webhooks('src/signature.ts'),
    find: '.update(`${timestampSeconds}.${body}`)',
    replace: '.update(body)',
    heldBy: { file: webhooks('test/webhooks.test.ts'), title: 'what is sent is signed over time and body' },
  },
  {
    name: 'webhook-told-by-everybody',
    without: 'Of peers whose neuron died one neuron tells.',
    file: webhooks('src/teller.ts'),
    find: '  return living.every((name) => name === self || weight(name) < own);',
    replace: '  return own !== weight(neuron);',
    heldBy: { file: webhooks('test/webhooks.test.ts'), title: 'exactly one of the others tells' },
  },
  {
    name: 'webhook-queue-unbounded',
    without: 'The events that wait for a webhook are bounded in number.',
    file: webhooks('src/hook-queue.ts'),
    find: 'this.#events.length >= maxQueuedEvents || ',
    replace: '',
    also: [{ find: '{ maxQueuedEvents, maxQueuedCharacters }', replace: '{ maxQueuedCharacters }' }],
    heldBy: { file: webhooks('test/webhooks.test.ts'), title: 'a receiver that hangs costs bounded memory' },
  },
  {
    name: 'webhook-redirect-taken',
    without: 'A redirect is a failure.',
    file: webhooks('src/hook-queue.ts'),
    find: 'status >= 200 && status < 300',
    replace: 'status >= 200 && status < 400',
    heldBy: { file: webhooks('test/webhooks.test.ts'), title: 'redirects are failures' },
  },
];
