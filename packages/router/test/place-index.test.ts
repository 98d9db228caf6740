import { expect, it } from 'vitest';

import type { Place } from '../src/index.ts';
import { PlaceIndex } from '../src/subscriptions/place-index.ts';
import { seededRandom, testSeed } from './seeded-random.ts';

const PATHS = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/b', '/b/a'];

it('N2: who hears a channel or a subtree is who listens there, above it with its subtree, or beneath it', () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const index = new PlaceIndex<number>();
  const standing: { readonly place: Place; readonly item: number }[] = [];
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const under = (path: string, base: string) => base === '/' || path === base || path.startsWith(`${base}/`);
  for (let step = 0; step < 2_000; step += 1) {
    if (random() < 0.55 || standing.length === 0) {
      const one = { place: { bucket: pick(['x', 'y']), path: pick(PATHS), subtree: random() < 0.5 }, item: Math.floor(random() * 5) };
      standing.push(one);
      index.add(one.place, one.item);
    } else {
      const [gone] = standing.splice(Math.floor(random() * standing.length), 1);
      if (gone !== undefined) index.remove(gone.place, gone.item);
    }
    const channel = { bucket: pick(['x', 'y']), path: pick(PATHS) };
    const heard = (visit: (take: (item: number) => void) => void) => {
      const items = new Set<number>();
      visit((item) => items.add(item));
      return [...items].toSorted();
    };
    const wanted = (hears: (place: Place) => boolean) => [...new Set(standing.filter(({ place }) => place.bucket === channel.bucket && hears(place)).map(({ item }) => item))].toSorted();
    const exact = ({ path, subtree }: Place) => !subtree && path === channel.path;
    const above = ({ path, subtree }: Place) => subtree && under(channel.path, path);
    const told = `seed ${seed}, step ${step}`;
    expect(heard((take) => index.visitChannel(channel, 'channel', take)), told).toEqual(wanted(exact));
    expect(heard((take) => index.visitChannel(channel, 'subtrees', take)), told).toEqual(wanted(above));
    expect(heard((take) => index.visitChannel(channel, 'both', take)), told).toEqual(wanted((place) => exact(place) || above(place)));
    expect(heard((take) => index.visitSubtree(channel, take)), told).toEqual(wanted((place) => under(place.path, channel.path) || above(place)));
  }
  for (const { place, item } of standing) index.remove(place, item);
  index.remove({ bucket: 'x', path: '/', subtree: true }, 1);
  expect(index.isEmpty).toBe(true);
});
