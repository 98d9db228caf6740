import { NEURON_METRICS } from '@xir/operations';

/** The operator's reference (`docs/operations.md`); its table of metrics is generated from their definitions. */
export function operationsReference(): string {
  const rows = NEURON_METRICS.map(({ name, type, help, labelNames }) => {
    const labels = (labelNames ?? []).map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${labels} | ${help} |`;
  });
  return `${HEADER}${rows.join('\n')}\n${FOOTER}`;
}

const HEADER = `# Operations

<!-- Generated from apps/neuron/src/operations-documentation.ts and packages/operations/src/neuron-metrics.ts; \`pnpm --filter @xir/neuron docs\` writes it anew. -->

A neuron serves three endpoints, and what describes its API (\`/openapi.json\`, \`/asyncapi.json\`, as a page \`/api\`), on \`--ops-port\` (4009). There is no login: keep the port on loopback, or in a network of your own.

## /health

JSON, status 200 while \`status\` is \`green\` or \`yellow\`, 503 when it is \`red\`. \`cause\` says in words what is the case, \`evidence\` what that rests on, \`ageMs\` how old that is,
\`nextCommand\` what to type next; \`checks\` holds every check on its own.

| check | green | yellow | red |
|---|---|---|---|
| \`feed\` | a byte of the change feed, or an answered probe, is at most three heartbeats old | – | it is older, or there never was one; an attempt to reconnect proves nothing |
| \`divergence\` | no cached answer differed from the database | some did, and were corrected: a defect, please report it | – |
| \`event-loop\` | no stall of a second within a minute | there was one | – |
| \`draining\` | the process is not ending | it was asked to end | – |

Red means: reads are still answered from the cache, with their age (\`X-KV4-Age-Ms\`); writes and \`fresh\` reads are refused.

## /ready

JSON, 200 while traffic should be sent here, 503 while the neuron starts or drains. It does not turn with the database: a neuron without one still answers reads.

## /metrics

Prometheus' text format. Every sample carries the label \`neuron\`; \`process_…\` and \`nodejs_…\` are there too.

| metric | type | labels | what |
|---|---|---|---|
`;

const FOOTER = `
Worth an alert: \`xir_feed_alive == 0\` for a minute; \`increase(xir_audit_divergences_total[1h]) > 0\`;
\`increase(xir_loop_stalls_total[5m]) > 0\`; \`xir_cache_bytes / xir_cache_max_bytes > 0.95\` together with a growing \`xir_cache_evictions_total\`.

## The log

One JSON object a line on standard error: \`level\`, \`time\` (ISO 8601), \`neuron\`, \`msg\`, and fields. Secrets do not reach it. \`--log-level debug\` adds a line per request, without query, headers
or body.

## How it ends

| exit status | meaning | a supervisor should |
|---|---|---|
| 0 | ended as asked | leave it |
| 1 | could not start, or an error that nothing caught | start it again, with growing pauses |
| 78 | wrong configuration | leave it, and tell somebody |
| 130, 143 | ended at once: a second signal, or closing took too long | leave it |
| 137 | killed; by the watchdog, when the last line of the log says \`OPERATIONS_LOOP_BLOCKED\` | start it again |
`;
