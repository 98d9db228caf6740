import type { DocumentPart } from './json-schemas.ts';

/** Rules between fields of one request, which zod's schemas do not state: `readWebSocketRequest` keeps them by hand. */
const RULES: Readonly<Record<string, DocumentPart>> = {
  login: { oneOf: [{ required: ['account', 'secret'], not: { required: ['token'] } }, { required: ['token'], not: { anyOf: [{ required: ['account'] }, { required: ['secret'] }] } }] },
  watch: {
    oneOf: [
      { properties: { scope: { const: 'key' } }, required: ['path', 'key'] },
      { properties: { scope: { enum: ['path', 'tree'] } }, required: ['path'], not: { required: ['key'] } },
      { properties: { scope: { const: 'layer' } }, not: { anyOf: [{ required: ['path'] }, { required: ['key'] }] } },
    ],
  },
};

/** The schema of a request with all that its operation asks for; other schemas are left as they are. */
export function completeRequestSchema(schema: DocumentPart): DocumentPart {
  const { op } = (schema['properties'] ?? {}) as { readonly op?: { readonly const?: string } };
  const operation = op?.const;
  if (operation === undefined) return schema;
  // An absent value cannot be told from `undefined` by zod, so it is optional there.
  if (operation === 'put') return { ...schema, required: [...(schema['required'] as string[]), 'value'] };
  return { ...schema, ...RULES[operation] };
}
