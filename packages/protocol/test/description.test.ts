import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';

import { apiPage, KV4_ERROR_STRINGS, openApiDocument, OPERATIONS } from '../src/index.ts';

const openApi = openApiDocument({ version: '1.2.3', errorCodes: KV4_ERROR_STRINGS });

it('the OpenAPI document is valid by the official schema of OpenAPI 3.1, and all its references lead somewhere', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(openApi))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ ...openApi, $id: 'document' });
  const references = [...JSON.stringify(openApi).matchAll(/"\$ref":"(#[^"]+)"/g)].map(([, reference]) => reference ?? '');
  expect(references.length).toBeGreaterThan(20);
  for (const reference of new Set(references)) expect(ajv.getSchema(`document${reference}`), reference).toBeDefined();
});

it('every operation has an example, with a name of its own, whose parameters it describes', () => {
  for (const { method, path, examples, parameters } of OPERATIONS) {
    expect(examples.length, `${method} ${path}`).toBeGreaterThan(0);
    expect(new Set(examples.map(({ name }) => name)).size).toBe(examples.length);
    const names = parameters.map(({ name }) => name);
    for (const example of examples) for (const name of Object.keys(example.parameters ?? {})) expect([...names, 'Accept'], `${method} ${path} ${example.name}`).toContain(name);
  }
});

it('the API page shows every operation, parameter, schema and example of the document, and refers to nothing outside', () => {
  const page = apiPage(openApi);
  const paths = Object.values(openApi['paths'] as Record<string, Record<string, { operationId?: string }>>);
  const ids = paths.flatMap((item) => Object.values(item).flatMap(({ operationId }) => (operationId === undefined ? [] : [operationId])));
  expect(ids).toHaveLength(OPERATIONS.length);
  expect(new Set(ids).size).toBe(OPERATIONS.length);
  for (const id of ids) expect(page).toContain(`<article id="${id}">`);
  expect(page.match(/class="exchange"/g)).toHaveLength(OPERATIONS.flatMap(({ examples }) => examples).length);
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${target}"`);
  for (const { name } of OPERATIONS.flatMap(({ parameters }) => parameters)) expect(page).toContain(`<td><code>${name}</code></td>`);
  expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(|href="https?:|undefined|\[object/);
});
