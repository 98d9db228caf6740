/** The path above a path in its normal form; of `/`, itself. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
