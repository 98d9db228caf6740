import type { HeadDocument } from './head.ts';
import type { WriteCondition } from './store.ts';

/** A write that its condition forbids, and the version that stands. */
export interface ConditionRefusal {
  readonly type: 'refused';
  readonly code: 'KV4_ALREADY_EXISTS' | 'KV4_NOT_FOUND' | 'KV4_VERSION_CONFLICT' | 'KV4_VERSION_MISSING';
  readonly currentVersion?: string;
}

/** Decides a condition on the head a reader would see (`undefined`: none). `undefined`: the write may happen. */
export function checkCondition(standing: HeadDocument | undefined, condition: WriteCondition): ConditionRefusal | undefined {
  switch (condition.type) {
    case 'any':
      return undefined;
    case 'absent':
      return standing && refuse('KV4_ALREADY_EXISTS', standing);
    case 'present':
      return standing ? undefined : refuse('KV4_NOT_FOUND', standing);
    case 'version':
      return standing?.ver === condition.version ? undefined : refuse('KV4_VERSION_CONFLICT', standing);
    case 'locked':
      if (standing === undefined || standing.ver === condition.version) return undefined;
      return refuse(condition.version === undefined ? 'KV4_VERSION_MISSING' : 'KV4_VERSION_CONFLICT', standing);
  }
}

function refuse(code: ConditionRefusal['code'], standing: HeadDocument | undefined): ConditionRefusal {
  return { type: 'refused', code, ...(standing && { currentVersion: standing.ver }) };
}
