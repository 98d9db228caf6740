import { PresenceEstimate } from '../../src/group-commit-presumption.ts';
import { GroupCommit, headId, type CommitBase, type GroupCommitAction, type GroupCommitEvent, type GroupCommitLimits, type HeadDocument, type OperationOutcome, type WriteOperation } from '../../src/index.ts';

export const idOf = (key: string): string => headId({ bucket: 'cool', layer: '*data', path: '/a', key });

export const putOf = (value: number | string, more: object = {}): WriteOperation => ({ type: 'put', value, author: 'ann', condition: { type: 'any' }, ...more });

type Of<Type extends GroupCommitAction['type']> = GroupCommitAction & { readonly type: Type };

/** A group commit under test: events in, and the actions they led to, picked up by type. */
export class Bench {
  readonly machine: GroupCommit;
  readonly outcomes = new Map<number, OperationOutcome>();
  readonly settled: number[] = [];
  nowMs = 1_000;
  random = 0.5;
  actions: readonly GroupCommitAction[] = [];
  #ticket = 0;

  /** Reads what it does not know before it writes, unless told that keys are presumed not to exist. */
  constructor(limits: Partial<GroupCommitLimits> = {}, presence = new PresenceEstimate(1)) {
    this.machine = new GroupCommit('n1', limits, presence);
  }

  send(event: GroupCommitEvent): readonly GroupCommitAction[] {
    this.actions = this.machine.handle(event, { nowMs: this.nowMs, random: this.random });
    for (const action of this.actions) {
      if (action.type !== 'settle') continue;
      this.outcomes.set(action.ticket, action.outcome);
      this.settled.push(action.ticket);
    }
    return this.actions;
  }

  /** Submits and answers with the ticket. */
  submit(key: string, operation: WriteOperation, more: { base?: CommitBase; characters?: number } = {}): number {
    const ticket = (this.#ticket += 1);
    this.send({ type: 'submit', ticket, id: idOf(key), operation, retention: 'unlimited', characters: 10, ...more });
    return ticket;
  }

  load(key: string, base: CommitBase = {}): readonly GroupCommitAction[] {
    return this.send({ type: 'loaded', id: idOf(key), base });
  }

  /** Answers a batch: every document stored, unless `answers` says otherwise, as the revision of `revs` or the next one. */
  answer(write: Of<'write'>, answers: Readonly<Record<string, 'conflict' | 'unknown'>> = {}, revs: Readonly<Record<string, string>> = {}): readonly GroupCommitAction[] {
    const entries = write.documents.map(({ id, text }) => {
      const type = answers[id];
      return [id, type === undefined ? { type: 'stored' as const, rev: revs[id] ?? nextRevision(text) } : { type }] as const;
    });
    return this.send({ type: 'answered', batch: write.batch, answers: new Map(entries), durable: true });
  }

  all<Type extends GroupCommitAction['type']>(type: Type): Of<Type>[] {
    return this.actions.filter((action): action is Of<Type> => action.type === type);
  }

  /** The one action of a type that the last event led to. */
  one<Type extends GroupCommitAction['type']>(type: Type): Of<Type> {
    const [action, ...more] = this.all(type);
    if (action === undefined || more.length > 0) throw new Error(`expected one ${type}, got ${JSON.stringify(this.actions)}`);
    return action;
  }
}

/** The revision a database would give the document. */
export function nextRevision(text: string): string {
  const { _rev } = JSON.parse(text) as HeadDocument;
  return `${Number.parseInt(_rev ?? '0', 10) + 1}-x`;
}
