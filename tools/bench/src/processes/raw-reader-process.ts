/** The raw reader of `_changes` that the feed is measured beside: ten lines that split lines and parse each row, and nothing else. */
import { requestTarget } from '../load/bulk-import.ts';
import { serve } from './serve.ts';

interface Reading {
  readonly url: string;
  readonly database: string;
  readonly since: string;
  /** Rows after which it has caught up. */
  readonly rows: number;
}

serve({
  /** Reads from `since` until it has seen so many rows. */
  async read({ url, database, since, rows }: Reading) {
    const target = requestTarget(url);
    const startedMs = performance.now();
    const before = process.cpuUsage();
    const query = `feed=continuous&include_docs=true&style=all_docs&heartbeat=10000&since=${encodeURIComponent(since)}`;
    const answer = await fetch(`${target.origin}/${database}/_changes?${query}`, { headers: target.headers });
    const decoder = new TextDecoder();
    let rest = '';
    let seen = 0;
    for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) if (line !== '' && (JSON.parse(line) as { id?: string }).id !== undefined) seen += 1;
      if (seen >= rows) break;
    }
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6, rows: seen };
  },
});
