import { NeuronError } from './errors.ts';

/** Opens a server; what keeps it from listening becomes `NEURON_LISTEN_FAILED`. `option` names the flag of its port. */
export async function listening<Server>(option: string, listen: () => Promise<Server>): Promise<Server> {
  try {
    return await listen();
  } catch (error) {
    if (error instanceof TypeError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    const fix = 'Choose another port, or 0 for any free one; or end what listens there.';
    throw new NeuronError([{ code: 'NEURON_LISTEN_FAILED', option, cause, fix }], error);
  }
}
