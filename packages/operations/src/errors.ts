/** The stable codes of {@link OperationsError}; `OPERATIONS_LOOP_BLOCKED` stands in the watchdog's last log line. */
export const OPERATIONS_ERROR_CODES = [
  'OPERATIONS_BAD_OPTION',
  'OPERATIONS_LISTEN_FAILED',
  'OPERATIONS_LOOP_BLOCKED',
  'OPERATIONS_SNAPSHOT_FAILED',
] as const;

/** A code of {@link OperationsError}. */
export type OperationsErrorCode = (typeof OPERATIONS_ERROR_CODES)[number];

/** Every failure this package reports on purpose. Match on `code`. */
export class OperationsError extends Error {
  override readonly name = 'OperationsError';
  readonly code: OperationsErrorCode;

  constructor(code: OperationsErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
