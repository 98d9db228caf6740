/** What all commands of KV4 have in common in COMMAND DOCS. */
export const KV4_COMMAND = { group: 'kv4', since: '1.0.0' } as const;
