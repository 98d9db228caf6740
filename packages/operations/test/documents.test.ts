import { expect, it } from 'vitest';

import { createMetrics, NEURON_METRICS, silentLogger, startOperationsServer } from '@xir/operations';

it('serves documents at their paths, makes each once, lists them at /, and lets pages load and run nothing', async () => {
  let made = 0;
  const render = () => `<p>${(made += 1)}</p>`;
  const metrics = createMetrics({ definitions: NEURON_METRICS, snapshot: () => ({}) });
  await using server = await startOperationsServer({
    port: 0,
    health: () => ({ feed: { state: 'following', evidence: 'none' }, maxFeedAgeMs: 1, databaseCommand: '' }),
    readiness: () => ({ ready: true, cause: 'running' }),
    metrics,
    logger: silentLogger,
    documents: { '/page': { contentType: 'text/html; charset=utf-8', render } },
  });
  for (const _time of [1, 2]) expect(await (await fetch(`${server.url}/page`)).text()).toBe('<p>1</p>');
  const { headers } = await fetch(`${server.url}/page`);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await (await fetch(server.url)).json()).toEqual({ endpoints: ['/health', '/ready', '/metrics', '/page'] });
  expect((await fetch(`${server.url}/toString`)).status).toBe(404);
});
