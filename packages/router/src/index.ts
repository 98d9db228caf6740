export { isDevice, isUser, MAX_DEVICE_CHARACTERS, MAX_USER_CHARACTERS, type Channel, type Peer, type Subscription } from './channel.ts';
export type { LinkHandler, LinkOutcome, LinkTransport } from './link.ts';
export type { LiveNeuron, Membership, NeuronLife } from './membership.ts';
export { decodeSlot, encodeSlot, MAX_SLOT_SUBSCRIPTIONS, type Slot } from './subscriptions/slot-document.ts';
export { SlotPlan, type PlannedSubscription, type SlotWrite } from './subscriptions/slot-plan.ts';
