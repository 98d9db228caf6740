import type { BanReach, BucketScope } from '@xir/accounts';
import type { KeyAddress, PathAddress } from '@xir/kv4-core';
import type { WebSocketBatchEntry } from '@xir/protocol';

import type { WebSocketContext } from '../context.ts';
import type { Outcome } from '../message-text.ts';
import { placeOf } from '../place.ts';
import type { Session } from '../session.ts';

/** The name of an operation on data. */
export type DataOperation = WebSocketBatchEntry['op'];
/** A request for one. */
export type RequestOf<Name extends DataOperation> = Extract<WebSocketBatchEntry, { op: Name }>;

/** Where a request says it leads. */
interface Asked {
  readonly path: string;
  readonly layer?: string | undefined;
}

/** A request on its way, its bucket known. */
export class Call {
  readonly session: Session;
  readonly scope: BucketScope;

  constructor(session: Session, scope: BucketScope) {
    this.session = session;
    this.scope = scope;
  }

  get context(): WebSocketContext {
    return this.session.context;
  }

  /** Who writes. */
  get author(): string {
    return this.session.login.author;
  }

  path({ path, layer }: Asked, reach: BanReach = 'path'): PathAddress {
    return placeOf(this.session, this.scope, { path, layer, reach });
  }

  key(asked: Asked & { readonly key: string }): KeyAddress {
    return { ...this.path(asked), key: asked.key };
  }
}

/** Carries out one operation. */
export type Handlers<Names extends DataOperation> = { readonly [Name in Names]: (call: Call, request: RequestOf<Name>) => Promise<Outcome> };
