/** Bytes of the heap in use, and of what it holds outside, after the garbage was collected. Needs `--expose-gc`. */
export function heapBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new TypeError('the process needs --expose-gc');
  for (let pass = 0; pass < 3; pass += 1) gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
