/** The fields of an object that are not `undefined`: what an optional field that may be absent is made of. */
export function given<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const present: Partial<Fields> = {};
  for (const name of Object.keys(fields) as (keyof Fields)[]) if (fields[name] !== undefined) present[name] = fields[name];
  // Nothing that is undefined was taken over.
  return present as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
