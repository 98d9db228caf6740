import type { NeuronSettings } from './options.ts';

/** Settings of one neuron; its name is decided. */
export type NamedSettings = NeuronSettings & { readonly name: string };
