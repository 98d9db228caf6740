// A configuration that follows changes while the program runs. XIR_NEURON_URL says where the neuron is, and may carry account and secret.
import { connect } from '@xir/stem-sdk';

const kv4 = connect();
const address = kv4.key('/examples/lamp', 'settings');
await kv4.put(address, { brightness: 10 });

for await (const event of kv4.watch({ type: 'key', address })) {
  if (event.type === 'reset' || event.type === 'delete') continue;
  if (event.type === 'end-of-initial') {
    // Somebody else's change; update() loses nobody's, since it compares and sets.
    await kv4.update(address, (settings) => ({ ...settings, brightness: settings.brightness + 5 }));
    continue;
  }
  console.log(`brightness ${event.record.value.brightness}`);
  if (event.record.value.brightness >= 15) break;
}
await kv4.delete(address);
await kv4.close();
