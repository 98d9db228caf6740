import { firstRequests } from './first-requests.mjs';

/** Every address of a ready record, by name, wherever the record keeps them. */
export function addressesOf(ready) {
  const found = new Map();
  const visit = (name, value) => {
    if (typeof value === 'string' && /^\w+:\/\//.test(value)) found.set(name, value);
    else if (value !== null && typeof value === 'object') for (const [key, inner] of Object.entries(value)) visit(key, inner);
  };
  visit('neuron', ready);
  return found;
}

/**
 * What a user sees when the neuron is ready.
 *
 * @param {Record<string, unknown>} ready the neuron's ready record
 * @param {readonly string[]} [args] the flags it was started with
 */
export function greeting(ready, args = []) {
  const addresses = addressesOf(ready);
  const lines = ['', 'The neuron is ready.', ''];
  for (const [name, address] of addresses) lines.push(`  ${name.padEnd(12)} ${address}`);
  const rest = [...addresses].find(([name]) => /^rest/i.test(name))?.[1];
  if (rest !== undefined) {
    const ownSecret = args.some((arg) => arg.startsWith('--system-secret')) || process.env.XIR_SYSTEM_SECRET !== undefined;
    lines.push('', 'Paste these into another terminal:', '');
    for (const { says, command } of firstRequests(rest, ownSecret ? '$sys:<your system secret>' : '$sys:secret')) lines.push(`  # ${says}`, `  ${command}`);
  }
  const operations = addresses.get('operations');
  if (operations !== undefined) lines.push('', `Open ${operations}/chat in two windows to talk on a channel; ${operations}/api describes the API.`);
  lines.push('', 'Ctrl-C stops it; what was acknowledged is on disk.', '');
  return `${lines.join('\n')}\n`;
}
