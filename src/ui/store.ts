import type { UiActions } from './model.ts';
import { type Effect, type Event, reduce, type State } from './state.ts';

/** Holds the state, carries out what the reducer asks for, and tells who listens. */
export class Store {
  #state: State;
  readonly #actions: UiActions;
  readonly #leave: (interrupted: boolean) => void;
  readonly #fail: (error: unknown) => void;
  readonly #listeners = new Set<() => void>();

  constructor(state: State, actions: UiActions, leave: (interrupted: boolean) => void, fail: (error: unknown) => void) {
    this.#state = state;
    this.#actions = actions;
    this.#leave = leave;
    this.#fail = fail;
  }

  readonly get = (): State => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly dispatch = (event: Event): void => {
    const [state, effects] = reduce(this.#state, event);
    this.#state = state;
    for (const listener of this.#listeners) listener();
    for (const effect of effects) this.#run(effect).catch(this.#fail);
  };

  async #run(effect: Effect): Promise<void> {
    // What takes long is begun when the screen has said so.
    if (effect.kind !== 'leave') await new Promise((resolve) => setImmediate(resolve));
    switch (effect.kind) {
      case 'leave':
        return this.#leave(effect.interrupted);
      case 'preview': {
        const { token, migrations } = effect;
        return this.dispatch({ kind: 'previewed', token, result: await this.#actions.preview(migrations) });
      }
      case 'write':
        return this.dispatch({ kind: 'written', result: await this.#actions.write(effect.file, effect.migrations, effect.overwrite) });
    }
  }
}
