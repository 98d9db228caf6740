/** The stable codes of {@link LinkError}. */
export const LINK_ERROR_CODES = ['LINK_AUTHORITY_DAMAGED', 'LINK_WRONG_SECRET'] as const;

/** A code of {@link LinkError}. */
export type LinkErrorCode = (typeof LINK_ERROR_CODES)[number];

/** What keeps a neuron from linking to the others. Match on `code`. Messages hold no secrets. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code: LinkErrorCode;

  constructor(code: LinkErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
