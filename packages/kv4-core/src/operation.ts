/** What every operation takes. */
export interface OperationOptions {
  /**
   * Cancels the operation, which then rejects with the signal's reason; a cancelled write may or may not have happened.
   * A `watch` ends instead of rejecting.
   */
  readonly signal?: AbortSignal;
}
