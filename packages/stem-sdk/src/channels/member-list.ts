import type { ChannelEvent, ChannelMember } from './channel-events.ts';

type PresenceEvent = Extract<ChannelEvent, { readonly type: 'join' | 'leave' | 'update' }>;

/** Who is on a channel, kept true by what is told. Pure. */
export class MemberList {
  /** In the order in which they came. */
  #members = new Map<string, ChannelMember>();

  get all(): readonly ChannelMember[] {
    return [...this.#members.values()];
  }

  /** The whole list anew; gives back what is different. */
  replace(members: readonly ChannelMember[]): PresenceEvent[] {
    const before = this.#members;
    const after = new Map(members.map((member) => [keyOf(member), member]));
    this.#members = new Map();
    const events: PresenceEvent[] = [];
    for (const [key, member] of before) {
      const now = after.get(key);
      if (now === undefined) events.push({ type: 'leave', member });
      else this.#members.set(key, now);
    }
    for (const [key, member] of after) {
      const was = before.get(key);
      this.#members.set(key, member);
      if (was === undefined) events.push({ type: 'join', member });
      else if (JSON.stringify(was.state) !== JSON.stringify(member.state)) events.push({ type: 'update', member });
    }
    return events;
  }

  /** One change; `undefined`: nothing is different. */
  apply(type: 'join' | 'leave' | 'update', member: ChannelMember): PresenceEvent | undefined {
    const key = keyOf(member);
    const before = this.#members.get(key);
    if (type === 'leave') {
      this.#members.delete(key);
      return before === undefined ? undefined : { type, member: before };
    }
    this.#members.set(key, member);
    if (before === undefined) return { type: 'join', member };
    return JSON.stringify(before.state) === JSON.stringify(member.state) ? undefined : { type: 'update', member };
  }
}

/** No user's name holds a slash. */
function keyOf({ user, device }: ChannelMember): string {
  return `${user}/${device}`;
}
