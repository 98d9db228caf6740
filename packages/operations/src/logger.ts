import { pino, type BaseLogger, type DestinationStream } from 'pino';
import { redactText, redactValue } from './redact.ts';

/** The levels of a log, from most to least. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];
/** Default of {@link LoggerOptions.level}. */
export const DEFAULT_LOG_LEVEL: LogLevel = 'info';

/** Writes structured lines. The message names the fact; the fields carry what varies. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** The same log with these fields on every line. */
  child(fields: object): Logger;
}

/** How a log is written. */
export interface LoggerOptions {
  /** The least level that is written; default {@link DEFAULT_LOG_LEVEL}. */
  readonly level?: LogLevel;
  /** Fields on every line, such as the neuron's name. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Where lines go; default: standard error, written at once so that nothing is lost when the process ends. */
  readonly destination?: DestinationStream;
}

/**
 * A log of one JSON object a line (pino's format: `level` as a word, `time` in ISO 8601, `msg`).
 * Everything logged passes through {@link redactValue}: no secret field, no credentials in a URL.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const base = pino(
    {
      level: options.level ?? DEFAULT_LOG_LEVEL,
      base: redactFieldsOf({ pid: process.pid, ...options.fields }),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return wrap(base);
}

/** A log that goes nowhere. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

interface PinoLogger extends BaseLogger {
  isLevelEnabled(level: string): boolean;
  child(fields: Record<string, unknown>): PinoLogger;
}

function wrap(base: PinoLogger): Logger {
  return {
    debug: (fields, message) => (base.isLevelEnabled('debug') ? base.debug(redactFieldsOf(fields), redactText(message)) : undefined),
    info: (fields, message) => (base.isLevelEnabled('info') ? base.info(redactFieldsOf(fields), redactText(message)) : undefined),
    warn: (fields, message) => (base.isLevelEnabled('warn') ? base.warn(redactFieldsOf(fields), redactText(message)) : undefined),
    error: (fields, message) => (base.isLevelEnabled('error') ? base.error(redactFieldsOf(fields), redactText(message)) : undefined),
    child: (fields) => wrap(base.child(redactFieldsOf(fields))),
  };
}

function redactFieldsOf(fields: object): Record<string, unknown> {
  const redacted = redactValue(fields instanceof Error ? { error: fields } : fields);
  return typeof redacted === 'object' && redacted !== null ? { ...redacted } : { value: redacted };
}
