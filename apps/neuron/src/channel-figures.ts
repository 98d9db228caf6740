import type { Messaging } from '@xir/messaging';
import type { ChannelSnapshot, LabelledValue, NeuronSnapshot } from '@xir/operations';
import type { RespFace } from '@xir/resp';
import type { Router } from '@xir/router';
import type { SignallingFace } from '@xir/signalling';
import type { Webhooks } from '@xir/webhooks';

/** Where figures of channels and webhooks come from. */
export interface ChannelFigureParts {
  readonly channels?: { readonly router: Router; readonly signalling: SignallingFace };
  readonly messaging?: Messaging;
  readonly resp?: RespFace;
  readonly webhooks?: Webhooks;
}

/** The figures of channels and webhooks in the form in which `/metrics` shows them. */
export function channelFigures({ channels, messaging, resp, webhooks }: ChannelFigureParts): Pick<NeuronSnapshot, 'channels' | 'webhooks'> {
  return {
    ...(channels === undefined || messaging === undefined ? {} : { channels: figuresOf(channels, messaging, resp) }),
    ...(webhooks === undefined ? {} : { webhooks: webhooks.metrics() }),
  };
}

function figuresOf({ router, signalling }: NonNullable<ChannelFigureParts['channels']>, messaging: Messaging, resp: RespFace | undefined): ChannelSnapshot {
  const routed = router.stats();
  const signalled = signalling.metrics();
  const overHttp = messaging.metrics();
  const droppedBy = { 'drop-oldest': signalled.droppedBy['drop-oldest'] + overHttp.droppedBy['drop-oldest'], 'latest-only': signalled.droppedBy['latest-only'] + overHttp.droppedBy['latest-only'] };
  return {
    ...routed,
    ...signalled,
    httpPeers: overHttp.sessions,
    dropped: signalled.dropped + overHttp.dropped,
    undeliveredBy: labelled('reason', routed.undeliveredBy),
    droppedBy: labelled('policy', droppedBy),
    receiversCut: labelled('face', { signalling: signalled.slowCut, http: overHttp.slowCut, tcp: resp?.metrics().slowReadersCut ?? 0 }),
  };
}

/** One reading for each value of a label. */
export function labelled(label: string, counts: Readonly<Record<string, number>>): readonly LabelledValue[] {
  return Object.entries(counts).map(([value, count]) => ({ labels: { [label]: value }, value: count }));
}
