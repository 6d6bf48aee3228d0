/** Promises of a run that end with its transport: what waits for a frame must not wait for ever when none can come. */
import type { Transport } from "../core/contracts.ts";

export class Pending {
  readonly #rejects = new Set<(error: unknown) => void>();
  #failure: { error: unknown } | undefined;

  constructor(transport: Transport) {
    transport.onError?.((error) => {
      this.#failure = { error };
      for (const reject of this.#rejects) reject(error);
      this.#rejects.clear();
    });
  }

  /** Whether the transport has failed. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** As `new Promise(start)`, rejected when the transport fails. */
  promise<T = void>(start: (resolve: (value: T) => void) => void): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure.error);
        return;
      }
      this.#rejects.add(reject);
      start((value) => {
        this.#rejects.delete(reject);
        resolve(value);
      });
    });
    promise.catch(() => {}); // whoever awaits it is told; a caller that failed before it could await is not told twice
    return promise;
  }
}
