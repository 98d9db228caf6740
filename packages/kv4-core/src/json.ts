/** Any value that JSON can carry. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** A JSON object, the usual shape of a KV4 value. */
export type JsonObject = { [name: string]: JsonValue };
