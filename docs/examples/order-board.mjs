// An order board on a channel that keeps its messages: who is there, orders that are acknowledged, and nothing missed over a lost connection. Node.js 20 has no WebSocket: this takes that of undici.
import { openChannel } from '@xir/stem-sdk/channels';
import { WebSocket } from 'undici';

const { XIR_NEURON_URL: url = 'http://127.0.0.1:4006', XIR_ACCOUNT: account = '$sys', XIR_SECRET: secret = 'secret' } = process.env;
const board = { url, credentials: { account, secret }, create: true, path: '/kept/examples/orders' };

const lines = [];
const open = (address) => {
  const line = new WebSocket(address);
  lines.push(line);
  return line;
};

const kitchen = openChannel({ ...board, user: 'kitchen', state: { oven: 'hot' }, webSocket: open });
await kitchen.opened;
const events = kitchen.events();
const waiter = openChannel({ ...board, user: 'waiter', webSocket: open });
await waiter.opened;
for (const { user, state } of waiter.members) console.log(`${user} is there${state === null ? '' : `, oven ${state.oven}`}`);

// Acknowledged once it is in the queues of all who are there.
const { reached } = await waiter.send({ dish: 'soup' }, { acknowledge: 'reached' });
console.log(`soup reached ${reached}`);

// The kitchen loses its connection, and connects again by itself.
lines[0]?.close();
await waiter.send({ dish: 'bread' }, { acknowledge: 'reached' });

const dishes = [];
let recovered;
for await (const event of events) {
  if (event.type === 'connected') recovered = event.recovered;
  if (event.type === 'message') dishes.push(event.message.content.dish);
  if (dishes.length === 2 && recovered !== undefined) break;
}
console.log(`the kitchen has ${dishes.join(' and ')}, and missed ${recovered ? 'nothing' : 'something'}`);

await Promise.all([waiter.close(), kitchen.close()]);
