/** The version of Redis whose commands and answers are offered, as INFO and HELLO state it: clients decide by it what they may use. */
export const REDIS_VERSION = '7.0.15';
