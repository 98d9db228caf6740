import type { Login } from './login.ts';

/** Verified logins by the digest of their header, bounded; the least recently verified makes room. */
export class LoginCache {
  readonly #maxLogins: number;
  readonly #logins = new Map<string, Login>();

  constructor(maxLogins: number) {
    this.#maxLogins = maxLogins;
  }

  get size(): number {
    return this.#logins.size;
  }

  get(digest: string): Login | undefined {
    return this.#logins.get(digest);
  }

  set(digest: string, login: Login): void {
    this.#logins.delete(digest);
    if (this.#logins.size >= this.#maxLogins) {
      for (const oldest of this.#logins.keys()) {
        this.#logins.delete(oldest);
        break;
      }
    }
    this.#logins.set(digest, login);
  }

  delete(digest: string): void {
    this.#logins.delete(digest);
  }
}
