/** The parts of an OpenAPI document that exchanges are made of. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, PathItemPart>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly headers: Readonly<Record<string, { readonly schema: object }>> };
}

interface Example {
  readonly value?: unknown;
  readonly 'x-order': number;
  readonly 'x-login'?: string;
  readonly 'x-accept'?: string;
  readonly 'x-varies'?: readonly string[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: object;
  readonly examples?: Readonly<Record<string, Example>>;
}

interface Content {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, Example>>;
}

interface PathItemPart {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, { readonly headers?: object; readonly content?: Readonly<Record<string, Content>>; readonly 'x-examples'?: Readonly<Record<string, Example>> }>>;
}

/** One exchange of the document. */
export interface Exchange {
  readonly title: string;
  readonly order: number;
  readonly method: string;
  /** The path and query, with the values of examples. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly login: string;
  readonly body?: unknown;
  readonly bodySchema?: object;
  readonly status: number;
  readonly form: string;
  readonly answer: unknown;
  readonly answerSchema?: object;
  readonly answerHeaders: readonly string[];
  readonly varies: readonly string[];
}

/** Every exchange of an OpenAPI document, in the order of `x-order`; an example that belongs to none fails. */
export function exchangesOf(document: OpenApi): Exchange[] {
  const all = Object.entries(document.paths).flatMap(([path, item]) => {
    const shared = item['parameters'] as unknown as readonly Parameter[] | undefined;
    return Object.entries(item)
      .filter(([method]) => method !== 'parameters')
      .flatMap(([method, operation]) => exchangesOfOperation(path, method, { ...operation, parameters: [...(shared ?? []), ...(operation.parameters ?? [])] }));
  });
  return all.sort((left, right) => left.order - right.order);
}

function exchangesOfOperation(path: string, method: string, operation: PathItemPart): Exchange[] {
  const found: Array<Pick<Exchange, 'status' | 'form' | 'answer' | 'answerSchema' | 'answerHeaders'> & { readonly name: string; readonly example: Example }> = [];
  for (const [status, response] of Object.entries(operation.responses)) {
    const about = { status: Number(status), answerHeaders: Object.keys(response.headers ?? {}).map((name) => name.toLowerCase()) };
    for (const [form, { schema, examples = {} }] of Object.entries(response.content ?? {})) {
      for (const [name, example] of Object.entries(examples)) found.push({ ...about, form, answer: example.value, answerSchema: schema, name, example });
    }
    for (const [name, example] of Object.entries(response['x-examples'] ?? {})) found.push({ ...about, form: 'none', answer: undefined, name, example });
  }
  const { parameters = [], requestBody } = operation;
  const { schema: bodySchema, examples: bodies = {} } = requestBody?.content['application/json'] ?? { schema: {} };
  const names = found.map(({ name }) => name);
  const requestNames = [...parameters.flatMap(({ examples = {} }) => Object.keys(examples)), ...Object.keys(bodies)].filter((name) => name.startsWith(`${method}-`));
  const stray = requestNames.filter((name) => !names.includes(name));
  if (stray.length > 0 || new Set(names).size !== names.length) throw new Error(`${method} ${path}: examples without an answer, or with two: ${stray.join(', ')}`);
  return found.map(({ name, example, ...answer }) => {
    const given = (place: Parameter['in']) => parameters.flatMap((parameter) => (parameter.in === place && parameter.examples?.[name] !== undefined ? [[parameter.name, String(parameter.examples[name]?.value)] as const] : []));
    const segments = new Map(given('path')).get('path') ?? '';
    const query = given('query').map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
    const accept = example['x-accept'] === undefined ? [] : [['Accept', example['x-accept']] as const];
    return {
      order: example['x-order'],
      title: `${method.toUpperCase()} ${path} ${name}`,
      method: method.toUpperCase(),
      target: `${path.replace('{path}', segments)}${query === '' ? '' : `?${query}`}`,
      headers: Object.fromEntries([...given('header'), ...accept]),
      login: example['x-login'] ?? '$sys:secret',
      ...(bodies[name] === undefined ? {} : { body: bodies[name].value, bodySchema }),
      ...answer,
      varies: example['x-varies'] ?? [],
    };
  });
}
