import { connect, type Socket } from 'node:net';

/** One connection that asks for the same key over and over, back to back, as long as somebody waits for an answer. */
export interface PolledGet extends Disposable {
  /** Resolves to the moment, in monotonic milliseconds, at which an answer holding this text had arrived. */
  until(text: string): Promise<number>;
}

/** Opens the connection. */
export async function pollGet(port: number, request: string): Promise<PolledGet> {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let buffered = '';
  let wanted: { readonly text: string; readonly resolve: (atMs: number) => void; readonly reject: (error: Error) => void } | undefined;
  socket.on('error', (error) => wanted?.reject(error));
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    buffered += chunk;
    const head = buffered.indexOf('\r\n\r\n');
    const match = head < 0 ? null : /\r\ncontent-length: *(\d+)/i.exec(buffered.slice(0, head));
    if (match === null || buffered.length < head + 4 + Number(match[1])) return;
    const answer = buffered;
    buffered = '';
    if (wanted === undefined) return;
    if (answer.includes(wanted.text)) {
      const { resolve } = wanted;
      wanted = undefined;
      resolve(performance.now());
    } else {
      socket.write(request);
    }
  });
  return {
    until: (text) =>
      new Promise((resolve, reject) => {
        wanted = { text, resolve, reject };
        socket.write(request);
      }),
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
