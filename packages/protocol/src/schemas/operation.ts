import type * as z from 'zod';

import type { ErrorString } from '../error-strings.ts';

/** A parameter of the query, or a header of the request. */
export interface ParameterSchema {
  readonly name: string;
  readonly in: 'query' | 'header';
  readonly schema: z.ZodType;
  readonly description: string;
  /** True: old clients fill it with what is none of its values; that is not refused. */
  readonly isLenient?: boolean;
  /** The error with which its service refuses what does not fit; default `bad_option`. */
  readonly ownError?: ErrorString;
}

/** A header that a successful answer may have. */
export type AnswerHeader = 'ETag' | 'X-KV4-Age-Ms' | 'X-KV4-Durable' | 'X-KV4-Next' | 'Link';

/** How the body of an answer is written. */
export type AnswerForm = 'application/json' | 'application/x-ndjson' | 'text/event-stream';

/** One request and what a neuron answers to it. */
export interface OperationExample {
  /** Letters, digits and hyphens; unique within its operation. */
  readonly name: string;
  readonly summary: string;
  /** `user:password`; default: the system login of a fresh neuron. */
  readonly login?: string;
  /** What stands for `{path}`; may hold slashes. */
  readonly path?: string;
  /** Parameters of the query, and headers, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default 200. */
  readonly status?: number;
  /** Default `application/json`. */
  readonly form?: AnswerForm;
  /** The whole body: the envelope, or the text of the other forms; absent: none. */
  readonly answer?: unknown;
  /** JSON pointers into `answer` of what differs from run to run, besides fields that always do; `*` stands for any item. */
  readonly varies?: readonly string[];
}

/** One operation of the API: validation, types, the OpenAPI document and the API page derive from here. */
export interface OperationSchema {
  readonly service: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** The URL's path; `{path}` stands for any number of segments, none included. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly ParameterSchema[];
  readonly body?: z.ZodType;
  /** What stands in `v` of the successful envelope. */
  readonly answer: z.ZodType;
  /** Headers of successful answers. */
  readonly headers?: readonly AnswerHeader[];
  /** Forms besides the envelope. */
  readonly forms?: readonly AnswerForm[];
  /** Error strings besides those of every operation. */
  readonly errors: readonly ErrorString[];
  readonly examples: readonly OperationExample[];
}
