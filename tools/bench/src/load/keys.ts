/** Where a path of this many keys lies; REST reads it as `/_data/bench/<keys>` with the login `$sys`. */
export function benchPath(keys: number): { readonly bucket: string; readonly layer: string; readonly path: string } {
  return { bucket: '$sys', layer: '*data', path: `/bench/${keys}` };
}

/** The n-th key, always of the same length. */
export function keyOf(n: number): string {
  return `user-${String(n).padStart(8, '0')}`;
}

/** The n-th value: an object whose JSON is 128 bytes. */
export function valueOf(n: number): { readonly name: string; readonly text: string } {
  const name = keyOf(n);
  return { name, text: String(n % 10).repeat(128 - '{"name":"","text":""}'.length - name.length) };
}

/** Numbers below `below` that look random and are the same in every run (multiplication by a prime). */
export function scattered(count: number, below: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7_919_993 + 104_729) % below);
}
