export { isDevice, isUser, MAX_DEVICE_CHARACTERS, MAX_USER_CHARACTERS, type Channel, type Peer, type Subscription } from './channel.ts';
export { ROUTER_ERROR_CODES, RouterError, type RouterErrorCode } from './errors.ts';
export { followScope, type FollowOptions, type FollowParts } from './follow-scope.ts';
export { DEFAULT_HISTORY_LIMIT, MAX_HISTORY_LIMIT, type HistoryOptions, type HistoryPage } from './history/history-page.ts';
export { DEFAULT_HISTORY_LAYER, DEFAULT_MAX_RECOVERED_MESSAGES, EMPTY_HISTORY_POSITION, MAX_RECOVERED_CHARACTERS, MESSAGE_OVERHEAD_CHARACTERS, type HistoryPolicies, type HistoryPolicy, type Recovery } from './history/history-policy.ts';
export { InMemoryNetwork, type InMemoryNeuron } from './in-memory/in-memory-network.ts';
export {
  DEFAULT_ID_WINDOW_MS,
  DEFAULT_MAX_ACCOUNT_MESSAGES_PER_SECOND,
  DEFAULT_MAX_AWAITED_REPLIES,
  DEFAULT_MAX_CONTENT_CHARACTERS,
  DEFAULT_MAX_HELD_MESSAGES,
  DEFAULT_MAX_LISTENERS,
  DEFAULT_MAX_PEER_MESSAGES_PER_SECOND,
  DEFAULT_MAX_PUBLISHER_CHANNELS,
  DEFAULT_MAX_REMEMBERED_IDS,
  DEFAULT_MAX_SLOT_SUBSCRIPTIONS,
  DEFAULT_REPLY_TIMEOUT_MS,
  type ChannelLimits,
  type RouterLimits,
} from './limits.ts';
export type { LinkHandler, LinkOutcome, LinkTransport } from './link.ts';
export type { LiveNeuron, Membership, NeuronLife } from './membership.ts';
export { channelPattern, type ChannelPattern } from './policies/channel-pattern.ts';
export { ChannelRules, type ChannelRule } from './policies/channel-rules.ts';
export { openRouter, Router } from './router.ts';
export { PRESENCE_POLICIES, type Listening, type ListenRequest, type PresencePolicy, type RouterOptions, type RouterStats } from './router-options.ts';
export type { Kick } from './routing/envelope.ts';
export type { ListenerReceiver } from './routing/local-listeners.ts';
export type { JoinRequest, LocalPeer } from './routing/local-peer.ts';
export { ACKNOWLEDGEMENT_LEVELS, type AcknowledgementLevel, type Message, type OutgoingMessage, type SendReport, type Target, type UndeliveredReason } from './routing/message.ts';
export {
  DEFAULT_MAX_WAITING_BYTES,
  Outbox,
  OutboxSchedule,
  SLOW_RECEIVER_POLICIES,
  type FrameOptions,
  type OutboxOptions,
  type OutboxSink,
  type SlowReceiverPolicy,
} from './routing/outbox.ts';
export { DEFAULT_PUBLISHER_DEVICE, type Publisher, type PublisherRequest } from './routing/publisher.ts';
export { RateLimit } from './routing/rate-limit.ts';
export type { EndReason, Receiver } from './routing/receiver.ts';
export type { ChannelNode } from './subscriptions/channel-node.ts';
export { Directory, type DirectoryParts, type PresenceChange } from './subscriptions/directory.ts';
export { decodeSlot, encodeSlot, MAX_SLOT_SUBSCRIPTIONS, MAX_STATE_CHARACTERS, type Slot } from './subscriptions/slot-document.ts';
export { SUBSCRIPTION_LAYER } from './subscriptions/subscription-records.ts';
export { withSubscriptions, type SubscriptionParts } from './subscriptions/subscription-store.ts';
export type { Place } from './subscriptions/place.ts';
export { tidySlots } from './subscriptions/tidy-slots.ts';
export { SlotPlan, type PlannedListener, type PlannedSubscription, type SlotWrite } from './subscriptions/slot-plan.ts';
export { bestNeuron, type BestNeuronWish } from './membership/best-neuron.ts';
export type { KnownNeuron, NeuronEvidence, NeuronState } from './membership/events.ts';
export { CLEAN_UP_ADDRESS } from './membership/clean-up-log.ts';
export type { CleanUp } from './membership/house-keeping.ts';
export { LEASE_LAYER, LEASE_PATH, type Lease, type LinkAddress, type NeuronFacts } from './membership/lease.ts';
export { nextNeuron, type NextNeuronWish } from './membership/next-neuron.ts';
export { DEFAULT_STANDING_PATIENCE_MS, ServingGate, type ServingGateOptions, type Standing, type StandingSource } from './membership/serving-gate.ts';
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
export { LINK_ERROR_CODES, LinkError, type LinkErrorCode } from './links/errors.ts';
export {
  DEFAULT_ACKNOWLEDGE_TIMEOUT_MS,
  DEFAULT_DIAL_TIMEOUT_MS,
  DEFAULT_MAX_LINK_CONNECTIONS,
  DEFAULT_MAX_QUEUED_CHARACTERS,
  DEFAULT_MAX_QUEUED_MESSAGES,
  DEFAULT_MAX_UNPROVED_CONNECTIONS,
  DEFAULT_PROOF_TIMEOUT_MS,
  type LinkLimits,
} from './links/limits.ts';
export type { LinkAdmission, LinkTraffic } from './links/link-socket.ts';
export { REVOKED_PATH } from './links/revocations.ts';
export { AUTHORITY_ADDRESS, DEFAULT_CERTIFICATE_LIFETIME_MS, LINK_LAYER } from './links/system-authority.ts';
export { openTlsLinks, type TlsLinks, type LinkState, type TlsLinksOptions, type TlsLinksStats } from './links/tls-links.ts';
