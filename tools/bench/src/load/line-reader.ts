/** What is read. */
export interface LineReading {
  /** With the login, where one is needed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with POST; absent: GET. */
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly seen: (line: string) => void;
}

/** Reads a streamed answer line by line until it is aborted. */
export async function readLines(url: string, { headers, body, signal, seen }: LineReading): Promise<void> {
  const answer = await fetch(url, { signal, headers, ...(body === undefined ? {} : { method: 'POST', body }) });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${new URL(url).pathname} answered ${answer.status}`);
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) seen(line);
  }
}
