/** What the AsyncAPI document says before its messages. */
export const ASYNCAPI_TEXT = `What a neuron tells as it happens, in three ways: the WebSocket data API (docs/websocket.md is its reference in prose; JSON objects in text frames, on a port of its own and at \`/ws\` of the REST port), signalling (the README of @xir/signalling) beneath both, and server-sent events and polling over HTTP (docs/api.md). The next paragraphs are about the data API.

**Requests** have an \`id\`, which the client chooses, and are answered once: with a result of that \`id\`, or with a failure, whose \`code\` is stable. They run side by side. A client logs in by a header of the upgrade or by the message \`login\`.

**Events** of a watch carry the \`id\` of its request as \`watch\`. Each takes one of the \`credit\` that the client has granted.

**Examples.** \`x-conversations\` puts the examples in order: each conversation is held over a connection of its own with a fresh neuron (\`--system-secret secret\`); a step names the message and the example that the client sends, and those that the neuron tells because of it. A step in which the client sends nothing is the neuron being told to close. All of them are replayed by a test. \`x-varies\` lists JSON pointers to values that differ from run to run (\`*\`: any item): the test compares their types only, and puts the real value where a later message holds the example's.

**Signalling.** \`x-signalling\` is one more conversation, about a channel that keeps its messages, with several participants: \`over\` says how each takes part, \`address\` where; a step names who does something (nobody: the neuron is told to close), and who is told what because of it, each in this order. It is replayed by a test too, with \`--channels '[{"path":"/kept/**","history":true,"maxMessageCharacters":100}]'\`. \`x-event\` is the name of a server-sent event; events without it are a \`message\` whose data is the frame. A stream of \`_messages\` tells \`missed\` after the neuron has lost continuity with the database: it has no example.

The same data is served over REST (/openapi.json) and the Redis protocol (docs/redis.md).`;
