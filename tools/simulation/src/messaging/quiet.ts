import { versionsOf } from '../world/truth.ts';
import type { World } from '../world/world.ts';
import { BUCKET, CHANNELS, historyDocument } from './channels.ts';
import type { KeptMessage, MessagingHistory } from './messaging-history.ts';
import { stateOf } from './simulated-user.ts';
import { storedLives } from './stored-system.ts';
import type { SystemNeuron } from './system-neuron.ts';

/** What is not yet as it has to be when nobody does anything. */
export function differences(world: World, history: MessagingHistory, neurons: readonly SystemNeuron[]): string[] {
  const wanted = neurons.filter(({ isWanted }) => isWanted);
  const found = wanted.filter(({ isServing }) => !isServing).map(({ process, running }) => `${process} is ${running?.membership.state ?? 'not open'}`);
  if (found.length > 0) return found;
  const lives = new Map(wanted.map(({ name, running }) => [name, running?.membership.self.incarnation]));
  for (const { process, running } of wanted) {
    const seen = [...(running?.membership.neurons() ?? [])].map(({ neuron, incarnation }) => `${neuron} ${incarnation}`).sort();
    const expected = [...lives].map(([neuron, incarnation]) => `${neuron} ${incarnation}`).sort();
    if (seen.join() !== expected.join()) found.push(`${process} knows ${seen.join(', ')}; those that run are ${expected.join(', ')}`);
  }
  for (const { kind, neuron, incarnation } of storedLives(world)) if (lives.get(neuron) !== incarnation) found.push(`a ${kind} of ${neuron} ${incarnation} is stored, which is over`);
  for (const { reports, refused, level, message, connection } of history.sent) {
    if (reports.length === 0 && refused === undefined && isAlive(history, wanted, connection)) found.push(`${message} (${level}) of c${connection} is not reported`);
  }
  for (const { neuron, path, listed, connected } of presenceOf(history, wanted)) if (listed.join() !== connected.join()) found.push(`${neuron} lists ${listed.join(', ') || 'nobody'} on ${path}; connected are ${connected.join(', ') || 'nobody'}`);
  return found;
}

/** Whether the process of a connection is the one that runs now. */
function isAlive(history: MessagingHistory, wanted: readonly SystemNeuron[], connection: number): boolean {
  const process = history.connections[connection]?.process;
  return wanted.some((neuron) => neuron.process === process);
}

function presenceOf(history: MessagingHistory, wanted: readonly SystemNeuron[]) {
  return CHANNELS.flatMap(({ path }) => {
    const open = history.connections.filter((connection) => connection.path === path && connection.ended === undefined);
    const connected = open.map(({ user, device, neuron, state }) => `${user} ${device} at ${neuron}${state === undefined ? '' : ` ${state}`}`).sort();
    return wanted.flatMap(({ name, running }) => {
      if (running === undefined) return [];
      const listed = running.router.peers({ bucket: BUCKET, path }).map((peer) => `${peer.user} ${peer.device} at ${peer.neuron}${stateOf(peer) === undefined ? '' : ` ${stateOf(peer)}`}`);
      return [{ neuron: name, path, listed: listed.sort(), connected, ...running.router.count({ bucket: BUCKET, path }) }];
    });
  });
}

/** Notes what every neuron lists. */
export function listPresence(history: MessagingHistory, neurons: readonly SystemNeuron[]): void {
  history.presence.push(...presenceOf(history, neurons.filter(({ isWanted }) => isWanted)));
}

/** Notes what the channels keep. */
export function noteKeptMessages(world: World, history: MessagingHistory): void {
  const { database } = world;
  if (database === undefined) return;
  for (const { path, keeps } of CHANNELS) {
    if (!keeps) continue;
    const kept: KeptMessage[] = [];
    for (const [version, value] of versionsOf(database, historyDocument(path))) {
      const { user, device, content, id } = value as { readonly user: string; readonly device: string; readonly content: string; readonly id?: string };
      kept.push({ version, message: Number(content), sender: `${user} ${device}`, id });
    }
    history.kept.set(path, kept.sort((a, b) => (a.version < b.version ? -1 : 1)));
  }
}
