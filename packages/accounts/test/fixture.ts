import { VirtualClock } from '@xir/couch-testing';
import { MemoryReferenceStore } from '@xir/kv4-testing';

import { createAccounts, type Accounts, type AccountsOptions, type CachedStore } from '../src/index.ts';

export const SYSTEM = { bucket: '$sys', author: '$sys' };
export const ADDRESS = '203.0.113.1';

export interface Opened extends AsyncDisposable, Accounts {
  readonly store: CachedStore;
  readonly clock: VirtualClock;
  /** Secret checks so far. */
  login(text: string, address?: string): ReturnType<Accounts['logins']['login']>;
}

export function basic(text: string): string {
  return 'Basic ' + Buffer.from(text).toString('base64');
}

export function open(options: Partial<AccountsOptions> = {}): Opened {
  const clock = new VirtualClock();
  const store = options.store ?? new MemoryReferenceStore({ clock });
  const accounts = createAccounts({ systemSecret: 'secret', clock, hashing: { costLog2: 4 }, ...options, store });
  return {
    ...accounts,
    store,
    clock,
    login: (text, address = ADDRESS) => accounts.logins.login(basic(text), address),
    async [Symbol.asyncDispose]() {
      await accounts.close();
      await store.close();
    },
  };
}

/** A store of which one method behaves otherwise. */
export function withMethod<Name extends keyof CachedStore>(store: CachedStore, name: Name, method: CachedStore[Name]): CachedStore {
  return new Proxy(store, {
    get(target, property) {
      if (property === name) return method;
      const value = Reflect.get(target, property) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
