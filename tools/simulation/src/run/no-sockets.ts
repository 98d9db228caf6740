/** Stands in for undici where a simulation is bundled: nothing in it may open a socket. */
export class Pool {
  constructor() {
    throw new TypeError('a simulation opens no sockets');
  }
}
