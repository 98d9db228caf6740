/** The close codes (RFC 6455, 7.4.1) that a neuron sends. `ws` itself sends 1002 and 1007 for frames that are none, 1009 for those too large. */
export const CLOSE_CODES = { goingAway: 1001, unsupportedData: 1003, policyViolation: 1008, tooLarge: 1009 } as const;
