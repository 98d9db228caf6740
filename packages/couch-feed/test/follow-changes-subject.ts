import { epochIdentity, followChanges } from '@xir/couch-feed';
import type { FeedSubject } from '@xir/couch-testing';

/** The follower of this package, as the suite wants it. */
export const followChangesSubject: FeedSubject = {
  name: 'followChanges',
  follow: (options, epoch) =>
    followChanges({
      ...options,
      ...(epoch === undefined ? {} : { identity: epochIdentity({ database: options.database, neuron: epoch.neuron }) }),
    }),
};
