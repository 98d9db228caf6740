/** Reads a streamed answer line by line until it is aborted. `headers` must carry the login. */
export async function readLines(url: string, options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal; readonly seen: (line: string) => void }): Promise<void> {
  const { headers, signal, seen } = options;
  const answer = await fetch(url, { signal, headers });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${new URL(url).pathname} answered ${answer.status}`);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) seen(line);
  }
}
