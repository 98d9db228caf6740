/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** Field names whose values never reach a log, whatever their depth; compared without case, `-` and `_`. */
export const SECRET_FIELD_NAMES: readonly string[] = [
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'password',
  'passwd',
  'secret',
  'systemsecret',
  'token',
  'credential',
  'credentials',
  'apikey',
  'tlskey',
  'privatekey',
];

/** Nesting below which a logged object is cut off. */
export const MAX_LOG_DEPTH = 8;
/** Characters after which a logged string is cut off. */
export const MAX_LOG_STRING_LENGTH = 8192;

const secretFields = new Set(SECRET_FIELD_NAMES);
const urlCredentials = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi;
const authorizationText = /\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{6,}/gi;
const secretParameter = /([?&](?:password|secret|token|api_?key|credential)=)[^&\s"'#]+/gi;

/** Takes credentials out of text: `scheme://user:password@`, `Basic …`, `Bearer …` and secret query parameters. */
export function redactText(text: string): string {
  const short = text.length > MAX_LOG_STRING_LENGTH ? `${text.slice(0, MAX_LOG_STRING_LENGTH)}…` : text;
  return short
    .replace(urlCredentials, `$1${REDACTED}@`)
    .replace(authorizationText, `$1 ${REDACTED}`)
    .replace(secretParameter, `$1${REDACTED}`);
}

/** A copy of a value that may be logged: secret fields replaced, text passed through {@link redactText}, errors made plain. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_LOG_DEPTH) return '[too deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return redactFields(value, depth);
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const secret = secretFields.has(name.toLowerCase().replace(/[-_]/g, ''));
    result[name] = secret && field !== undefined && field !== null ? REDACTED : redactValue(field, depth + 1);
  }
  return result;
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    ...redactFields({ ...error }, depth),
    name,
    message: redactText(message),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth + 1) }),
  };
}
