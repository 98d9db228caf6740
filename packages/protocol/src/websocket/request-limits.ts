/** Most characters of a request's `id` where it is a text. */
export const MAX_REQUEST_ID_CHARACTERS = 64;
/** Most requests in one batch. */
export const MAX_BATCH_REQUESTS = 1000;
/** Default of a watch's `credit`, in events. */
export const DEFAULT_WATCH_CREDIT_EVENTS = 1000;
/** Most events that a watch can be granted ahead. */
export const MAX_WATCH_CREDIT_EVENTS = 1_000_000;
/** Default of the `limit` of a series, in versions. */
export const DEFAULT_SERIES_LIMIT = 1000;
/** Largest `limit` of a series and of listings, in items. */
export const MAX_LISTED_ITEMS = 10_000;
/** Default life of a token, in seconds. */
export const DEFAULT_DATA_TOKEN_SECONDS = 60;
/** Longest life of a token, in seconds. */
export const MAX_DATA_TOKEN_SECONDS = 86_400;
/** Most characters of a token. */
export const MAX_DATA_TOKEN_CHARACTERS = 8192;
/** Most characters of a text field that names something: layers, buckets, keys, cursors, positions. The store's own limits are narrower. */
export const MAX_NAME_CHARACTERS = 16_384;
