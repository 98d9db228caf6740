/** A server-sent event (WHATWG HTML, 9.2). `data` is a JSON text, whose line breaks mean nothing. */
export function eventLines(data: string, { event, id }: { readonly event?: string; readonly id?: string | undefined } = {}): string {
  const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
  return `${head}data: ${data.replace(/\r\n|\r|\n/g, '\ndata: ')}\n\n`;
}
