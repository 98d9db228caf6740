/** Every code a {@link FeedError} can carry. Codes never change between releases; messages may. */
export const FEED_ERROR_CODES = [
  'FEED_UNAUTHORIZED',
  'FEED_DATABASE_MISSING',
  'FEED_CLOSED',
  'FEED_NOT_PROVED',
  'FEED_CHECKPOINT_CORRUPT',
  'FEED_CHECKPOINT_FAILED',
] as const;

/** One of {@link FEED_ERROR_CODES}. */
export type FeedErrorCode = (typeof FEED_ERROR_CODES)[number];

/** What ends a feed, or a question put to it. Match on `code`. */
export class FeedError extends Error {
  readonly code: FeedErrorCode;

  constructor(code: FeedErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'FeedError';
    this.code = code;
  }
}
