import { expect, it } from 'vitest';
import { runSchedule } from '../src/run/run-schedule.ts';
import { PROFILES, type Profile } from '../src/world/profile.ts';

/** Schedules that once broke a promise; docs/track-record.md tells what was wrong. */
const MENDED = [
  { profile: 'quick', seed: 1715761642, what: 'a write whose answer was lost is readable at once, in listings too' },
  { profile: 'quick', seed: 2586729365, what: 'a value in doubt is as old as the cache was when the doubt arose' },
  { profile: 'quick', seed: 3667274240, what: 'rows of a bulk import do not make what still waits behind them look current' },
  { profile: 'quick', seed: 2147029606, what: 'a version below the quorum that lost its conflict from the beginning is no watch’s' },
  { profile: 'quick', seed: 799303255, what: 'a listing answered by a replica that lags has what had just passed' },
  { profile: 'quick', seed: 2730422215, what: 'a listing that what had passed makes too large for the cache is answered all the same' },
  { profile: 'quick', seed: 712860181, what: 'a listing is answered once it is whole, however full the cache is' },
  { profile: 'quick', seed: 3004464098, what: 'a key that a whole listing does not have is answered, however full the cache is' },
  { profile: 'quick', seed: 3640594315, what: 'a key that others create while its own creation is on its way is in the listing' },
  { profile: 'quick', seed: 3951103166, what: 'a fresh read waits for what a row announced, also when the row comes twice' },
  { profile: 'quick', seed: 710064233, what: 'an own write is told whose row came while its key was read again' },
  { profile: 'quick', seed: 1327565804, what: 'with history, versions of a writer whose clock is slow are told of a key that was not there' },
  { profile: 'all', seed: 3481114397, what: 'with history, versions of a writer whose clock is slow are told of a key that was not there' },
  { profile: 'all', seed: 3596837164, what: 'with history, a key of a slow clock that came and went between two rows is told' },
  { profile: 'all', seed: 1354944874, what: 'a watch that has outgrown the cache ends when it has to begin anew' },
  { profile: 'wander', seed: 1208276501, what: 'an own write whose row was replaced by one of upkeep is told' },
  { profile: 'wander', seed: 365311611, what: 'an own deletion whose row was replaced by one of upkeep is told, resumed elsewhere too' },
  { profile: 'wander', seed: 2799605019, what: 'an own write is told whose row came while its key was read again, resumed elsewhere too' },
  { profile: 'wander', seed: 1418134579, what: 'a fresh read waits for what is being verified, whatever rows come' },
  { profile: 'wander', seed: 868836247, what: 'a fresh listing waits for what is being verified, whatever rows come' },
  { profile: 'all', seed: 806467673, what: 'no read goes back behind a listing that does not fit into the cache' },
  { profile: 'quick', seed: 2258851747, what: 'a watch is judged when its neuron has had the time to notice that the database is another' },
  { profile: 'quick', seed: 28756223, what: 'a watch is judged when its neuron has had the time to notice that the database is another' },
  { profile: 'quick', seed: 3610651334, what: 'a watch that begins anew while the end is compared is given the time to' },
  { profile: 'quick', seed: 987839717, what: 'a watch is judged when the rows that were held back have come' },
  { profile: 'all', seed: 2617475618, what: 'a watch begins anew where the database itself went back' },
  { profile: 'quick', seed: 3859001078, what: 'a database that was made anew is noticed by the barrier that is missing in it' },
  { profile: 'all', seed: 159211099, what: 'an audit waits for a feed that is read from a replica that lags' },
  { profile: 'all', seed: 3669478065, what: 'a key whose load failed is in later listings' },
  { profile: 'quick', seed: 10192627, what: 'a watch that has to begin anew while it begins tells an own write once' },
  { profile: 'faces', seed: 2387610935, what: 'a key whose load fails while it is written, and its path listed, is what was written' },
  { profile: 'faces', seed: 3923285043, what: 'a key whose write was given up is not there while its whole listing says so, though it is followed' },
  { profile: 'faces', seed: 710292173, what: 'what a client is told does not wait for the answer that it waits for' },
  { profile: 'faces', seed: 830224565, what: 'a client that does not want to be told of its own writes is told what goes back to one' },
  { profile: 'faces', seed: 2782934865, what: 'a listing read from a replica behind the start of its neuron gets the key that it lacked' },
  { profile: 'all', seed: 3749823689, what: 'what a wider listing brings is told to watches with history' },
  { profile: 'messaging', seed: 1918410680, what: 'a slot of a dead neuron that came when the others had been deleted does not stay' },
  { profile: 'messaging', seed: 2335256390, what: 'a neuron that left and comes back with its clock put back is believed by those who missed its leaving' },
  { profile: 'messaging', seed: 329494761, what: 'a message that its sender sent again through another neuron is news to who came before it was known what the channel keeps' },
  { profile: 'messaging-audience', seed: 2026375942, what: 'what is not stored waits for who comes to its channel while it waits for a stored message' },
  { profile: 'messaging', seed: 3103756234, what: 'such a message is news also to who asked to hear from now on' },
  { profile: 'messaging', seed: 3619028663, what: 'a slot that was stored perhaps, and could not be read since, is gone with its peers' },
  { profile: 'messaging', seed: 2926859071, what: 'what a neuron answers to a process that was killed is no answer to the next' },
  { profile: 'messaging', seed: 3274398180, what: 'an id is remembered for two minutes, though a host’s clock jumps by more' },
];

it.each(MENDED)('of the schedule $seed, which was mended, holds: $what', async ({ profile, seed }) => {
  const { violations } = await runSchedule(seed, PROFILES[profile] as Profile);
  expect(violations, `pnpm --filter @xir/simulation simulate --profile ${profile} --replay ${seed}`).toEqual([]);
});
