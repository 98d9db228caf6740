import type { DocumentPart } from './json-schemas.ts';
import { API_PAGE_STYLE } from './api-page-style.ts';
import { escaped, shownJson, shownText } from './page-text.ts';

interface Example {
  readonly summary?: string;
  readonly value?: unknown;
  readonly 'x-login'?: string;
  readonly 'x-accept'?: string;
}

type Examples = Readonly<Record<string, Example>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly schema: DocumentPart;
  readonly examples?: Examples;
}

interface Response {
  readonly description: string;
  readonly headers?: DocumentPart;
  readonly content?: Readonly<Record<string, { readonly schema: DocumentPart; readonly examples?: Examples }>>;
  readonly 'x-examples'?: Examples;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: DocumentPart; readonly examples?: Examples }>> };
  readonly responses: Readonly<Record<string, Response>>;
}

interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, DocumentPart>> };
}

interface Placed {
  readonly path: string;
  readonly method: string;
  readonly shared: readonly Parameter[];
  readonly operation: Operation;
}

/** The HTML page of an OpenAPI document as {@link openApiDocument} makes it: one text that loads and runs nothing. */
export function apiPage(document: DocumentPart): string {
  const openApi = document as unknown as OpenApi;
  const placed = Object.entries(openApi.paths).flatMap(([path, { parameters, ...operations }]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation, shared: (parameters ?? []) as unknown as readonly Parameter[] })),
  );
  const { title, version, description } = openApi.info;
  const groups = openApi.tags.map((tag) => ({ ...tag, members: placed.filter(({ operation }) => operation.tags.includes(tag.name)) }));
  const base = openApi.servers[0]?.url ?? '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title><style>${API_PAGE_STYLE}</style></head>
<body><nav aria-label="Operations"><h1>${escaped(title)}</h1><p>${escaped(version)} · <a href="/openapi.json">openapi.json</a></p>
${groups.map(({ name, members }) => `<h2>${escaped(name)}</h2><ul>${members.map(({ operation, method, path }) => `<li><a href="#${operation.operationId}"><b class="${method}">${method}</b> ${escaped(path)}</a></li>`).join('')}</ul>`).join('\n')}
<h2>Schemas</h2><ul>${Object.keys(openApi.components.schemas).map((name) => `<li><a href="#schema-${name}">${name}</a></li>`).join('')}</ul></nav>
<main><section>${description.split('\n\n').map((paragraph) => `<p>${shownText(paragraph)}</p>`).join('')}</section>
${groups.map(({ name, description: about, members }) => `<section><h2>${escaped(name)} <small>${shownText(about)}</small></h2>${members.map((member) => operationPart(member, base)).join('\n')}</section>`).join('\n')}
<section><h2>Schemas</h2>${Object.entries(openApi.components.schemas).map(([name, schema]) => `<details id="schema-${name}"${name.startsWith('Error') ? ' open' : ''}><summary>${name}</summary>${namedSchema(schema)}</details>`).join('\n')}</section></main></body></html>
`;
}

function operationPart(placed: Placed, base: string): string {
  const { operation, method, path } = placed;
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const body = requestBody?.content['application/json'];
  return `<article id="${operationId}"><h3><b class="${method}">${method}</b> <code>${escaped(path)}</code></h3><p><strong>${shownText(summary)}.</strong> ${shownText(description ?? '')}</p>
<h4>Examples</h4>${exchanges(placed, base)}
<details><summary>Parameters (${parameters.length})</summary><table><thead><tr><th>name</th><th>in</th><th>type</th><th></th></tr></thead><tbody>${parameters.map(parameterRow).join('')}</tbody></table></details>
${body === undefined ? '' : `<details><summary>Body</summary>${schemaPart(body.schema)}</details>`}
<details><summary>Answers and errors</summary><table><thead><tr><th>status</th><th></th><th>headers</th></tr></thead><tbody>${Object.entries(responses).map(([status, { description: meaning, headers = {} }]) => `<tr><td>${status}</td><td>${shownText(meaning)}</td><td>${Object.keys(headers).join(', ')}</td></tr>`).join('')}</tbody></table>
${schemaPart(responses['200']?.content?.['application/json']?.schema ?? {})}</details></article>`;
}

function parameterRow({ name, in: place, schema, description }: Parameter): string {
  const { type, enum: words, const: only, pattern } = schema;
  const kind = Array.isArray(words) ? words.map((word) => `<code>${escaped(String(word))}</code>`).join(', ') : only === undefined ? escaped(typeof type === 'string' ? type : '') : `<code>${escaped(JSON.stringify(only))}</code>`;
  return `<tr><td><code>${escaped(name)}</code></td><td>${place}</td><td>${kind}${typeof pattern === 'string' ? ` <code>${escaped(pattern)}</code>` : ''}</td><td>${shownText(description ?? '')}</td></tr>`;
}

function exchanges({ operation, method, path, shared }: Placed, base: string): string {
  const parts: string[] = [];
  for (const [status, response] of Object.entries(operation.responses)) {
    const given = [...Object.values(response.content ?? {}).map(({ examples = {} }) => examples), response['x-examples'] ?? {}];
    for (const [name, example] of given.flatMap((examples) => Object.entries(examples))) {
      const values = (place: string) => [...shared, ...operation.parameters].flatMap(({ name: parameter, in: where, examples }) => (where === place && examples?.[name] !== undefined ? [[parameter, String(examples[name].value)] as const] : []));
      const query = values('query').map(([parameter, value]) => `${parameter}=${encodeURIComponent(value)}`).join('&');
      const url = `${base}${path.replace('{path}', values('path')[0]?.[1] ?? '')}${query === '' ? '' : `?${query}`}`;
      const headers = [...values('header'), ...(example['x-accept'] === undefined ? [] : [['Accept', example['x-accept']] as const])];
      const body = operation.requestBody?.content['application/json']?.examples?.[name]?.value;
      const curl = [
        `curl ${method === 'GET' ? '' : `-X ${method} `}-u ${quoted(example['x-login'] ?? '$sys:secret')}`,
        ...headers.map(([header, value]) => `-H ${quoted(`${header}: ${value}`)}`),
        quoted(url),
        ...(body === undefined ? [] : [`-d ${quoted(JSON.stringify(body))}`]),
      ].join(' \\\n  ');
      const answer = example.value === undefined ? '' : typeof example.value === 'string' ? example.value : shownJson(example.value);
      parts.push(`<div class="exchange" data-example="${name}"><p>${shownText(example.summary ?? name)}</p><pre class="curl">${escaped(curl)}</pre><pre><i>${status}</i> ${escaped(answer)}</pre></div>`);
    }
  }
  return parts.join('\n');
}

/** A word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function namedSchema(schema: DocumentPart): string {
  const { oneOf } = schema;
  if (!Array.isArray(oneOf)) return schemaPart(schema);
  const rows = (oneOf as readonly DocumentPart[]).map(({ const: word, description }) => `<tr><td><code>${escaped(String(word))}</code></td><td>${shownText(typeof description === 'string' ? description : '')}</td></tr>`);
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

function schemaPart(schema: DocumentPart): string {
  const text = escaped(shownJson(schema)).replace(/#\/components\/schemas\/(\w+)/g, '<a href="#schema-$1">$1</a>');
  return `<pre>${text}</pre>`;
}
