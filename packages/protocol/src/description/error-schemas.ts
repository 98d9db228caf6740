import { ERROR_STRINGS, type ErrorString } from '../error-strings.ts';
import type { DocumentPart } from './json-schemas.ts';

/** The schema of error strings, each with its meaning. */
export function errorStringSchema(): DocumentPart {
  return { description: 'what went wrong, as v3 and Xir name it', oneOf: Object.entries(ERROR_STRINGS).map(([name, { meaning }]) => ({ const: name, description: meaning })) };
}

/** The schema of stable codes, each with its error string. */
export function errorCodeSchema(errorCodes: Readonly<Record<string, ErrorString>>): DocumentPart {
  const sorted = Object.entries(errorCodes).sort(([left], [right]) => (left < right ? -1 : 1));
  return { description: 'the stable code behind an error string', oneOf: sorted.map(([code, text]) => ({ const: code, description: `answered as \`${text}\`` })) };
}
