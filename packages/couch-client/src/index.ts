export { systemClock, systemRandom, type Clock, type Random, type Timer } from './clock.ts';
export type { CouchTransport, TransportRequest, TransportResponse } from './transport.ts';
