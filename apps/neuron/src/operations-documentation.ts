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

A neuron serves three endpoints, and what describes its API (\`/openapi.json\`, \`/asyncapi.json\`, as a page \`/api\`), and a page to talk on channels (\`/chat\`), on \`--ops-port\` (4009). There is no login: keep the port on loopback, or in a network of your own.

## /health

JSON, status 200 while \`status\` is \`green\` or \`yellow\`, 503 when it is \`red\`. \`cause\` says in words what is the case, \`evidence\` what that rests on, \`ageMs\` how old that is,
\`nextCommand\` what to type next; \`checks\` holds every check on its own.

| check | green | yellow | red |
|---|---|---|---|
| \`feed\` | a byte of the change feed, or an answered probe, is at most three heartbeats old | – | it is older, or there never was one; an attempt to reconnect proves nothing |
| \`divergence\` | no cached answer differed from the database | some did, and were corrected: a defect, please report it | – |
| \`event-loop\` | no stall of a second within a minute | there was one | – |
| \`membership\` | the neuron holds its lease | it has yet to see whether it does (\`doubtful\`), its clients are being registered in a new life, or more than half of all neurons vanished at once | it sees neither the database nor any other neuron (\`isolated\`), or another process has its name (\`superseded\`) |
| \`draining\` | the process is not ending | it was asked to end | – |

Red means: reads are still answered from the cache, with their age (\`X-KV4-Age-Ms\`); writes and \`fresh\` reads are refused.

## /ready

JSON, 200 while traffic should be sent here, 503 while the neuron starts, drains, or does not serve clients by the table below; \`cause\` says why. It does not turn with the database alone: a neuron without one still answers reads.

## How a neuron stands, and what that means for its clients

\`membership\` in \`/health\` shows the \`state\` with its age, the incarnation, and every neuron that counts as alive: what its lease says, how old that is (\`leaseAgeMs\`), and how long ago it answered (\`answerAgeMs\`).

| state | when | who connects for signalling | connected clients | messages of other neurons | KV4 |
|---|---|---|---|---|---|
| \`serving\` | it holds its lease | is taken | are served | are taken | all of it |
| \`doubtful\` | it stood still or was cut off, and has yet to see whether it still holds its lease; or it was given up, and registers itself and its clients in a new life | waits; after 10 s it is 503 | what they send waits, unread; after 10 s they are sent away | wait | all of it |
| \`isolated\` | it has seen neither the database nor any other neuron for 4 s (alone with its database away, it is not) | 503 | are served among themselves; after 10 s they are sent away | – | reads, with their age; writes are refused as ever without a database |
| \`superseded\` | another process has registered with its name | 503 | are sent away at once | refused | until the process has ended, by itself, with \`NEURON_SUPERSEDED\` and status 78 |
| ending (SIGTERM) | it was asked to | 503; \`_host\` names it to nobody | are sent away at once | until it is closed | until it is closed |

Sent away means: \`go_away\` with the URL of the least loaded other neuron that takes clients (a crowd is spread over those that are about as busy; null where there is none or none has \`--signal-urls\`), and the connection ends with 1001. What waited is refused then, with \`SIGNALLING_NOT_SERVING\`.

Over HTTP and the Redis protocol nothing waits: while the neuron is not \`serving\`, who publishes or begins to listen is answered 503 \`unavailable\`, or \`TRYAGAIN\`; when signalling clients are sent away, streams get \`end\`, and connections of Redis clients that are subscribed to channels are cut.

## /chat

A page for people: who is on a channel, what it keeps, and what is said now, over [channels](channels.md). It asks for an account and its secret, which stay in the page's memory and go to the neurons named there in the header of requests for tokens of a minute; neither stands in the address of the page. Whoever can
load the page gets no further without a login; where that goes to other hosts than the page's own, let it be over TLS.

## /metrics

Prometheus' text format. Every sample carries the label \`neuron\`; \`process_…\` and \`nodejs_…\` are there too.

Labels have few values: \`peer\` and \`dead\` are names of neurons, the others are of the table.

| metric | type | labels | what |
|---|---|---|---|
`;

const FOOTER = `
Worth an alert: \`xir_feed_alive == 0\` for a minute; \`increase(xir_audit_divergences_total[1h]) > 0\`;
\`increase(xir_loop_stalls_total[5m]) > 0\`; \`xir_cache_bytes / xir_cache_max_bytes > 0.95\` together with a growing \`xir_cache_evictions_total\`;
\`xir_membership_serving == 0\` for a minute; \`xir_membership_many_vanished == 1\`; \`xir_channels_unwritten_slots > 0\` for ten seconds; \`increase(xir_channels_undelivered_total{reason="not-stored"}[5m]) > 0\`; \`increase(xir_webhooks_events_total{outcome!="sent"}[5m]) > 0\`.

## The neurons, in KV4

With the system account's login, at any neuron; \`watch=1\` tells of changes:

| what | where |
|---|---|
| the neurons that hold a lease: load, clients, region, where they are reached, whether they drain; \`takenBy\` while another cleans up behind one | \`GET /_data/runtime/hosts/active?l=*leases&as=datum\` |
| who cleaned up behind whom, when, and how many documents that deleted: the last 32 of the system, newest last | \`GET /_data/runtime/hosts/cleaned?l=*leases&k=last\` |

## Who is on a channel is not seen by all

Each neuron writes down who is connected to it, in documents of up to 256; the others read them from their feeds. So where \`GET /_subs/<channel>\` answers otherwise on two neurons for more than a moment:

1. On the one that has the client, \`curl -s http://127.0.0.1:4009/metrics | grep unwritten_slots\`: more than 0 means that documents cannot be written, and the log says why. They are tried again until they are, with pauses of up to 5 s; who comes meanwhile is in others.
2. On the one that does not see it, \`curl -s http://127.0.0.1:4009/health\`: \`feed\` says how old what it knows is, and \`membership\` whom it takes to be alive. Peers of a neuron that does not count as alive are nowhere shown.

## A neuron that was broken into, and another system secret

Whoever was in a neuron knows the system secret and the login of the database, so all three are changed:

1. \`curl -u '$sys:…' -X PUT http://127.0.0.1:4006/_links/revoked -H 'content-type: application/json' -d '{"k":"n3"}'\` on any other neuron: the links of the neuron \`n3\` are cut at once, and it gets no others (\`xir_link_revoked_met_total\`).
2. Change the login of CouchDB.
3. \`curl -u '$sys:…' -X DELETE http://127.0.0.1:4006/_links/authority\`, then restart the neurons with another \`--system-secret\`. The first makes a new authority; neurons with the old secret and those with the new do not link with one another, so restart them soon after one another. Stored webhooks have to be set again.
4. Give the neuron that is set up anew another name, or \`DELETE /_links/revoked?k=n3\`.

## The log

One JSON object a line on standard error: \`level\`, \`time\` (ISO 8601), \`neuron\`, \`msg\`, and fields. Secrets do not reach it. \`--log-level debug\` adds a line per request, without query, headers
or body.

## How it ends

| exit status | meaning | a supervisor should |
|---|---|---|
| 0 | ended as asked | leave it |
| 1 | could not start, or an error that nothing caught | start it again, with growing pauses |
| 78 | wrong configuration, or another process runs with its name | leave it, and tell somebody |
| 130, 143 | ended at once: a second signal, or closing took too long | leave it |
| 137 | killed; by the watchdog, when the last line of the log says \`OPERATIONS_LOOP_BLOCKED\` | start it again |
`;
