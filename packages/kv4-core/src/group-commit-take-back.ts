import type { FoldedOperation, Lane } from './group-commit-lane.ts';
import type { OperationOutcome } from './group-commit-types.ts';

/** Puts the operations of the write on its way back in front of those that wait, and answers with what they had been folded to. */
export function takeBack(lane: Lane): readonly FoldedOperation[] {
  const folded = lane.write?.folded ?? [];
  lane.write = undefined;
  lane.waiting = [...folded.map((entry) => entry.pending), ...lane.waiting];
  return folded;
}

/** As {@link takeBack}, but the write has happened, or may have: what each operation came to if it has is remembered with it. */
export function takeBackLost(lane: Lane): void {
  const { over, unguarded = false } = lane.write ?? {};
  const folded = takeBack(lane);
  lane.created = undefined;
  const version = folded.findLast((entry) => entry.written?.version !== undefined)?.written?.version;
  for (const { pending, written, outcome } of folded) {
    // Refusals rest on the same head: they are final if the write that went with them was stored.
    if (written === undefined && version !== undefined) pending.lost.push({ version, over, unguarded, outcome: outcome as OperationOutcome });
    if (written?.version !== undefined) pending.lost.push({ version: written.version, over, unguarded, outcome: lostOutcome(written) });
  }
}

/** A read does not tell the quorum of the write it finds, so the outcome does not claim durability; nor does it know the revision. */
function lostOutcome(written: NonNullable<FoldedOperation['written']>): OperationOutcome {
  const { _rev: _, ...head } = written.head;
  return { type: 'written', ...written, head, durable: false };
}
