import type { MessagingHistory } from '../../messaging/messaging-history.ts';
import type { Violation } from '../../world/history.ts';
import { acknowledgedDelivered, nothingLostSilently } from './acknowledgements.ts';
import { heardInOrder, heardOnce, heardWhole } from './audience.ts';
import { deliveredOnce, fifo } from './deliveries.ts';
import { deadGoneInTime, oneJanitor, wokenInNewLife } from './lives.ts';
import { kickedGone, presenceTold, presenceTrue } from './presence.ts';
import { positionsChain, recoveredWhole } from './recoveries.ts';

/** What checks of messages judge by. */
export interface MessagingFacts {
  readonly history: MessagingHistory;
  /** Faults that took place, and how often. */
  readonly faults: ReadonlyMap<string, number>;
}

/** Every check over a history of messages, by its name. */
export const MESSAGING_CHECKS: Readonly<Record<string, (facts: MessagingFacts) => string[]>> = {
  'presence-true': presenceTrue,
  'presence-told': presenceTold,
  'kicked-gone': kickedGone,
  'fifo': fifo,
  'delivered-once': deliveredOnce,
  'acknowledged-delivered': acknowledgedDelivered,
  'nothing-lost-silently': nothingLostSilently,
  'recovered-whole': recoveredWhole,
  'positions-chain': positionsChain,
  'dead-gone-in-time': deadGoneInTime,
  'woken-in-new-life': wokenInNewLife,
  'one-janitor': oneJanitor,
  'heard-once': heardOnce,
  'heard-in-order': heardInOrder,
  'heard-whole': heardWhole,
};

/** Judges a schedule of messages, by all checks or some. */
export function judgeMessaging(history: MessagingHistory, faults: ReadonlyMap<string, number>, checks: readonly string[] = Object.keys(MESSAGING_CHECKS)): Violation[] {
  return checks.flatMap((check) => (MESSAGING_CHECKS[check]?.({ history, faults }) ?? []).map((what) => ({ check, what })));
}
