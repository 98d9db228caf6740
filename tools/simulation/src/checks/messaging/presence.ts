import type { ConnectionHistory } from '../../messaging/messaging-history.ts';
import type { MessagingFacts } from './judge-messaging.ts';

/** After quiet every neuron lists those who are connected, and nobody else, and counts them. */
export function presenceTrue({ history }: MessagingFacts): string[] {
  return history.presence.flatMap(({ neuron, path, listed, connected, users, devices }) => {
    if (listed.join() !== connected.join()) return [`${neuron} lists ${listed.join(', ') || 'nobody'} on ${path}; connected are ${connected.join(', ') || 'nobody'}`];
    const truth = new Set(connected.map((each) => each.split(' ')[0])).size;
    return users === truth && devices === connected.length ? [] : [`${neuron} counts ${users} users and ${devices} devices on ${path}; there are ${truth} and ${connected.length}`];
  });
}

/** What a connection was told of others, added up, is who else is connected, and what they say of themselves. */
export function presenceTold({ history }: MessagingFacts): string[] {
  const open = history.connections.filter(({ ended }) => ended === undefined);
  return open.flatMap((connection) => {
    const { number, user, device, path, told } = connection;
    const others = open.filter((other) => other.path === path && (other.user !== user || other.device !== device)).map((other) => nameWithState(`${other.user} ${other.device}`, other.state)).sort();
    const known = [...told].filter(([name]) => name !== `${user} ${device}`).map(([name, state]) => nameWithState(name, state)).sort();
    return known.join() === others.join() ? [] : [`c${number} on ${path} was told of ${known.join(', ') || 'nobody'}; connected are ${others.join(', ') || 'nobody'}`];
  });
}

function nameWithState(name: string, state: string | undefined): string {
  return state === undefined ? name : `${name} ${state}`;
}

/** Whom the neuron listed that was asked to take them off is off when it says so. */
export function kickedGone({ history }: MessagingFacts): string[] {
  return history.kicks.flatMap(({ kick, order, listed, report, reportedOrder }) => {
    if (report === undefined || reportedOrder === undefined || report.undelivered.length > 0) return [];
    const left = listed.filter((number) => {
      const { ended } = history.connections[number] as ConnectionHistory;
      return ended === undefined || ended.order > reportedOrder;
    });
    return left.map((number) => `c${number} is still there, though ${kick.user ?? 'everybody'} was taken off ${kick.path} (asked at ${order}, done at ${reportedOrder})`);
  });
}
