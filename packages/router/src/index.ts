export { isDevice, isUser, MAX_DEVICE_CHARACTERS, MAX_USER_CHARACTERS, type Channel, type Peer, type Subscription } from './channel.ts';
export type { LinkHandler, LinkOutcome, LinkTransport } from './link.ts';
export type { LiveNeuron, Membership, NeuronLife } from './membership.ts';
export { decodeSlot, encodeSlot, MAX_SLOT_SUBSCRIPTIONS, type Slot } from './subscriptions/slot-document.ts';
export { SlotPlan, type PlannedSubscription, type SlotWrite } from './subscriptions/slot-plan.ts';
export { bestNeuron, type BestNeuronWish } from './membership/best-neuron.ts';
export type { KnownNeuron, NeuronState } from './membership/events.ts';
export type { CleanUp } from './membership/house-keeping.ts';
export { LEASE_LAYER, LEASE_PATH, type Lease, type LinkAddress, type NeuronFacts } from './membership/lease.ts';
export { joinMembership, type MembershipOptions, type MembershipStats, type NeuronMembership } from './membership/neuron-membership.ts';
export { MAX_PING_NEURONS, type Pinger, type PingAnswer, type PingQuestion, type PingResult, type PingTarget } from './membership/pinger.ts';
export {
  DEFAULT_JANITOR_STEP_MS,
  DEFAULT_LEASE_TTL_MS,
  DEFAULT_MASS_HOLD_MS,
  DEFAULT_PING_INTERVAL_MS,
  DEFAULT_PING_TIMEOUT_MS,
  DEFAULT_REFUSED_LEASE_TTL_MS,
  DEFAULT_RENEW_INTERVAL_MS,
  DEFAULT_STANDSTILL_MS,
  type MembershipTimes,
} from './membership/times.ts';
