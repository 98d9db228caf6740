/** The commands in a text that begin with `curl`, in their order; a shell prompt or indentation before them does not count. */
export function curlLines(text) {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^\$ /, ''))
    .filter((line) => line.startsWith('curl '));
}
