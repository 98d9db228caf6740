import type { Memory } from '@xir/kv4';
import { createRespFace, type RespFace } from '@xir/resp';
import type { SimulatedNeuron } from '../world/simulated-neuron.ts';
import { createWebSocketFace, type WebSocketFace } from '@xir/websocket';
import { simulatedAccounts, SYSTEM_SECRET } from './simulated-accounts.ts';

/** What bounds the faces of a schedule. */
export interface FaceLimits {
  /** Names that a Redis face follows for client-side caches. */
  readonly maxTrackedNames: number;
}

/** The faces of simulated neurons: as a neuron has them, on its memory and its clock, without sockets. Each lives as long as its memory. */
export class NeuronFaces {
  readonly #limits: FaceLimits;
  readonly #onError: (error: unknown) => void;
  readonly #resp = new Map<Memory, RespFace>();
  readonly #webSocket = new Map<Memory, WebSocketFace>();

  constructor(limits: FaceLimits, onError: (error: unknown) => void) {
    this.#limits = limits;
    this.#onError = onError;
  }

  /** The Redis face of a neuron; `undefined`: it is not open. */
  resp({ memory, name, clock }: SimulatedNeuron): RespFace | undefined {
    if (memory === undefined) return undefined;
    const known = this.#resp.get(memory);
    if (known !== undefined) return known;
    const face = createRespFace({ store: memory, accounts: simulatedAccounts(memory, clock), neuron: name, clock, limits: this.#limits, onError: this.#onError });
    this.#resp.set(memory, face);
    return face;
  }

  /** The WebSocket data API of a neuron; `undefined`: it is not open. */
  webSocket({ memory, clock }: SimulatedNeuron): WebSocketFace | undefined {
    if (memory === undefined) return undefined;
    const known = this.#webSocket.get(memory);
    if (known !== undefined) return known;
    const face = createWebSocketFace({ store: memory, accounts: simulatedAccounts(memory, clock), systemSecret: SYSTEM_SECRET, clock, onError: this.#onError });
    this.#webSocket.set(memory, face);
    return face;
  }

  /** Messages of invalidation that were sent. */
  get invalidations(): number {
    return [...this.#resp.values()].reduce((sum, face) => sum + face.metrics().invalidations, 0);
  }
}
