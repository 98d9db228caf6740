/** A bare `node:http` server that answers every request with the bytes it is given: the floor beside which REST is measured. */
import { createServer } from 'node:http';

const { headers, body } = JSON.parse(process.env['XIR_BENCH_ANSWER'] ?? '{}') as { headers: Record<string, string>; body: string };
const bytes = Buffer.from(body);

const server = createServer((_request, response) => {
  response.writeHead(200, { ...headers, 'content-length': bytes.length });
  response.end(bytes);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${JSON.stringify({ ready: true, port: typeof address === 'object' ? address?.port : undefined })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
