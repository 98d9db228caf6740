/** Every code an {@link EmbeddedError} can carry. */
export const EMBEDDED_ERROR_CODES = [
  'EMBEDDED_LOCKED',
  'EMBEDDED_CORRUPT',
  'EMBEDDED_STORAGE',
  'EMBEDDED_CLOSED',
  'EMBEDDED_LISTEN',
  'EMBEDDED_BAD_OPTION',
  'EMBEDDED_BROKEN_OFF',
] as const;

/** One of {@link EMBEDDED_ERROR_CODES}. */
export type EmbeddedErrorCode = (typeof EMBEDDED_ERROR_CODES)[number];

/** What goes wrong with the server itself, as opposed to one request. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
