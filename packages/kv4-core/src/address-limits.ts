/** Longest bucket, in UTF-16 units. */
export const MAX_BUCKET_LENGTH = 128;
/** Longest layer, in UTF-16 units. */
export const MAX_LAYER_LENGTH = 128;
/** Longest segment of a path, in UTF-16 units. */
export const MAX_SEGMENT_LENGTH = 256;
/** Most segments in a path. */
export const MAX_PATH_SEGMENTS = 32;
/** Longest key, in UTF-16 units. */
export const MAX_KEY_LENGTH = 1024;
/** Longest secondary key (`k2`, `k3`, `k4`), in UTF-16 units. */
export const MAX_SECONDARY_KEY_LENGTH = 1024;
/**
 * Largest document id of a head, in bytes of UTF-8. Segments of its history have ids up to 42 bytes longer, and the embedded database takes
 * ids of 4,000 bytes at most.
 */
export const MAX_ID_BYTES = 3900;
