import * as z from 'zod';

import type { OperationSchema, ParameterSchema } from './operation.ts';

/** A number as JSON writes it (RFC 8259, 6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Says what is wrong with the parameters of a request to one operation, read by name; `undefined`: nothing. */
export type ParameterCheck = (query: Iterable<readonly [name: string, text: string]>, header: (name: string) => string | undefined) => string | undefined;

/**
 * Makes the check of an operation's parameters by their schemas. An empty parameter is as one that is absent; one that the operation does not have is passed over, and so is what
 * old clients put into lenient ones. What a service refuses with an error of its own is left to it.
 */
export function parameterCheck({ parameters }: Pick<OperationSchema, 'parameters'>): ParameterCheck {
  const strict = parameters.filter((parameter) => parameter.isLenient !== true && parameter.ownError === undefined && !isAnyText(parameter));
  const queries = new Map(strict.filter(({ in: place }) => place === 'query').map((parameter) => [parameter.name, parameter]));
  const headers = strict.filter(({ in: place }) => place === 'header').map((parameter) => ({ parameter, field: parameter.name.toLowerCase() }));
  return (query, header) => {
    for (const [name, text] of query) {
      const parameter = queries.get(name);
      if (parameter !== undefined && text !== '' && !fits(parameter, text)) return refusal(parameter);
    }
    for (const { parameter, field } of headers) {
      const text = header(field)?.trim() ?? '';
      if (text !== '' && !fits(parameter, text)) return refusal(parameter);
    }
    return undefined;
  };
}

function fits({ schema }: ParameterSchema, text: string): boolean {
  if (schema.def.type !== 'number') return schema.safeParse(text).success;
  return NUMBER.test(text) && schema.safeParse(Number(text)).success;
}

function isAnyText({ schema }: ParameterSchema): boolean {
  return schema.def.type === 'string' && (schema.def as { readonly checks?: readonly unknown[] }).checks === undefined;
}

function refusal({ name, schema, description }: ParameterSchema): string {
  const { type, enum: words, minimum = 0, exclusiveMinimum, maximum } = z.toJSONSchema(schema) as { readonly type?: string; readonly enum?: readonly string[]; readonly minimum?: number; readonly exclusiveMinimum?: number; readonly maximum?: number };
  if (words !== undefined) return `${name} must be one of ${words.join(', ')}`;
  if (type !== 'integer' && type !== 'number') return `${name} cannot be read; it is ${description.replaceAll('`', '')}`;
  const least = exclusiveMinimum === undefined ? `of at least ${minimum}` : `above ${exclusiveMinimum}`;
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${maximum}`;
  return `${name} must be a ${type === 'integer' ? 'whole ' : ''}number ${least}${most}`;
}
