import { writeText, type JsonValue, type SecondaryKeys, type WriteCondition } from '@xir/kv4-core';

import { given } from '../given.ts';
import type { Handlers, RequestOf } from './operation.ts';

function conditionOf(condition: RequestOf<'put'>['condition']): WriteCondition {
  if (condition === undefined) return { type: 'any' };
  if (condition.type !== 'locked') return condition;
  return { type: 'locked', ...given({ version: condition.version }) };
}

function secondaryOf(secondary: RequestOf<'put'>['secondary']): { readonly secondary?: SecondaryKeys } {
  return secondary === undefined ? {} : { secondary: given(secondary) };
}

/** What changes. Writes are finished once begun, whether the client stays or not. */
export const WRITES: Handlers<'put' | 'delete' | 'delete-path' | 'delete-tree'> = {
  async put(call, request) {
    const { merge, expiresInMs, answer } = request;
    const result = await call.context.store.put(call.key(request), request.value as JsonValue, {
      author: call.author,
      condition: conditionOf(request.condition),
      ...secondaryOf(request.secondary),
      ...given({ merge, expiresInMs }),
    });
    return { text: writeText(result, answer === 'record') };
  },
  async delete(call, request) {
    const result = await call.context.store.delete(call.key(request), { author: call.author, condition: conditionOf(request.condition) });
    return { text: result === undefined ? 'null' : writeText(result, false) };
  },
  async 'delete-path'(call, request) {
    const count = await call.context.store.deletePath(call.path(request), { author: call.author, condition: conditionOf(request.condition) });
    return { text: `{"count":${count}}` };
  },
  async 'delete-tree'(call, request) {
    const count = await call.context.store.deleteSubtree(call.path(request, 'subtree'), { author: call.author, condition: conditionOf(request.condition) });
    return { text: `{"count":${count}}` };
  },
};
