import * as z from 'zod';

/** A JSON Schema, or any other part of a document. */
export type DocumentPart = { [name: string]: unknown };

/** Where the named schemas of a document are kept. */
const COMPONENTS = '#/components/schemas/';

/** Turns zod schemas into JSON Schemas for one document; named ones stand once, among its components. */
export class SchemaCollection {
  readonly #target: 'draft-2020-12' | 'draft-07';
  readonly #named = new Map<string, unknown>();

  /**
   * @param target - The dialect: OpenAPI 3.1 speaks 2020-12, AsyncAPI 3.0 draft 07.
   */
  constructor(target: 'draft-2020-12' | 'draft-07') {
    this.#target = target;
  }

  /** The JSON Schema of what is sent (`input`) or answered (`output`). */
  add(schema: z.ZodType, side: 'input' | 'output'): DocumentPart {
    const made = z.toJSONSchema(schema, { target: this.#target, io: side, unrepresentable: 'any', override: anyJson }) as DocumentPart;
    const { $schema: _dialect, $defs, definitions, ...rest } = made;
    for (const [name, definition] of Object.entries(($defs ?? definitions ?? {}) as DocumentPart)) {
      // What is left of the recursion that `anyJson` cuts.
      if (!name.startsWith('__')) this.#named.set(name, withoutIds(relocated(definition)));
    }
    return withoutIds(relocated(rest)) as DocumentPart;
  }

  /** All named schemas, by name. */
  named(): DocumentPart {
    return Object.fromEntries([...this.#named].sort(([left], [right]) => (left < right ? -1 : 1)));
  }
}

/** Any JSON value is the empty schema: its recursive form says no more. */
function anyJson({ zodSchema, jsonSchema }: { readonly zodSchema: z.core.$ZodTypes; readonly jsonSchema: Record<string, unknown> }): void {
  if (zodSchema._zod.def.type !== 'lazy') return;
  for (const name of Object.keys(jsonSchema)) if (name !== 'description' && name !== 'id') delete jsonSchema[name];
}

function relocated(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relocated);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, value]) => [name, name === '$ref' && typeof value === 'string' ? value.replace(/^#\/(?:\$defs|definitions)\//, COMPONENTS) : relocated(value)]),
  );
}

function withoutIds(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  const { id: _id, $id: _other, ...rest } = part as DocumentPart;
  return rest;
}
