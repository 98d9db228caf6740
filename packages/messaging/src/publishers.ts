import type { JsonObject } from '@xir/kv4-core';
import { describeError } from '@xir/rest';
import type { OutgoingMessage, Publisher, Router, SendReport } from '@xir/router';

import { toServiceError } from './errors.ts';

/** In whose name something is published. */
export interface SenderName {
  readonly bucket: string;
  readonly user: string;
  readonly device?: string;
}

/** The publishers that requests have used last: what comes in the same name one request after another stays in order. */
export class Publishers {
  readonly #router: Router;
  readonly #maxPublishers: number;
  readonly #known = new Map<string, Publisher>();

  constructor(router: Router, maxPublishers: number) {
    this.#router = router;
    this.#maxPublishers = maxPublishers;
  }

  /** Sends a message, before it returns, and resolves to what became of it. Rejects with `ServiceError` where it is refused. */
  async publish(name: SenderName, path: string, message: OutgoingMessage): Promise<SendReport> {
    try {
      const publisher = this.#of(name);
      return await new Promise<SendReport>((resolve) => publisher.send(path, message, resolve));
    } catch (error) {
      throw toServiceError(error);
    }
  }

  #of({ bucket, user, device }: SenderName): Publisher {
    const key = JSON.stringify([bucket, user, device ?? null]);
    const known = this.#known.get(key);
    if (known !== undefined) this.#known.delete(key);
    const publisher = known ?? this.#router.publisher({ bucket, user, ...(device === undefined ? {} : { device }) });
    this.#known.set(key, publisher);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#maxPublishers && oldest !== undefined) this.#known.delete(oldest);
    return publisher;
  }
}

/** How a part of a request is told that it was refused. Failures that nobody planned for are the whole request's. */
export function refusal(error: unknown): JsonObject {
  const { errorString, code, detail, unexpected } = describeError(toServiceError(error));
  if (unexpected) throw error;
  return { error: errorString, code, ...(detail === undefined ? {} : { detail }) };
}
