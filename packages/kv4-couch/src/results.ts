import { recordFromHead, versionTimeMs, type KeyAddress, type Kv4Record, type WriteResult } from '@xir/kv4-core';
import type { CommitOutcome } from './head-store.ts';
import type { LocatedHead } from './listing.ts';

/** The record of a live head that a walk met. */
export function recordOf(met: LocatedHead): Kv4Record {
  return recordFromHead(met.head, met.address) as Kv4Record;
}

/** What a commit reports to its caller; `undefined`: there was nothing to do. */
export function writeResult(address: KeyAddress, outcome: CommitOutcome): WriteResult | undefined {
  if (outcome.type === 'nothing') return undefined;
  const { head, durable } = outcome;
  const record = recordFromHead(head, address);
  return { address, version: head.ver, timeMs: versionTimeMs(head.ver), durable, ...(record === undefined ? {} : { record }) };
}
