/** The stable codes of {@link RouterError}. */
export const ROUTER_ERROR_CODES = ['ROUTER_BAD_MESSAGE', 'ROUTER_BAD_PEER', 'ROUTER_CLOSED', 'ROUTER_LEFT', 'ROUTER_MESSAGE_TOO_LARGE', 'ROUTER_RATE_LIMITED', 'ROUTER_TOO_MANY_LISTENERS'] as const;

/** A code of {@link RouterError}. */
export type RouterErrorCode = (typeof ROUTER_ERROR_CODES)[number];

/** What the router refuses. Match on `code`. */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly code: RouterErrorCode;

  constructor(code: RouterErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
