/** Where two texts part, in one line for people; `found` is what is there, `wanted` what should be. */
export function firstDifference(found, wanted) {
  const [a, b] = [found.split('\n'), wanted.split('\n')];
  const index = a.findIndex((line, at) => line !== b[at]);
  const at = index === -1 ? a.length : index;
  return `line ${at + 1}: found ${JSON.stringify(a[at] ?? 'the end')}, wanted ${JSON.stringify(b[at] ?? 'the end')}`;
}
