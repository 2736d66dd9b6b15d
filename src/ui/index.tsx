import { render } from 'ink';
import { App } from './app.tsx';
import type { Size } from './layout.ts';
import type { UiActions, UiModel, UiProgress } from './model.ts';
import { Painter } from './painter.ts';
import { initialState } from './state.ts';
import { Store } from './store.ts';
import { ASCII, UNICODE } from './view.ts';

export interface UiOptions {
  readonly actions: UiActions;
  /** Colours, bold and reverse; without it a sign says where the cursor is. */
  readonly isStyled: boolean;
  readonly isUnicode: boolean;
}

export interface Ui {
  readonly progress: (progress: UiProgress) => void;
  /** Says what is done next, and settles when that is on the screen. */
  readonly task: (text: string) => Promise<void>;
  readonly show: (model: UiModel) => void;
  /** Gives the terminal back. */
  readonly close: () => void;
  /** True when it was interrupted, and not left by choice. */
  readonly left: Promise<boolean>;
}

/** Signals after which a terminal must be as it was. */
const ENDING = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/** Takes the terminal over until the user leaves. Standard input and output have to be one. */
export async function openUi({ actions, isStyled, isUnicode }: UiOptions): Promise<Ui> {
  const { stdin, stdout } = process;
  const painter = new Painter((bytes) => {
    stdout.write(bytes);
  });
  let settle: (interrupted: boolean) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const left = new Promise<boolean>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  const store = new Store(initialState(sizeOf(stdout)), actions, (interrupted) => {
    close();
    settle(interrupted);
  }, ended);
  const onResize = (): void => {
    painter.reset();
    store.dispatch({ kind: 'resized', size: sizeOf(stdout) });
  };
  let { repaints } = store.get();
  const stopWatching = store.subscribe(() => {
    const now = store.get();
    if (now.repaints === repaints) return;
    ({ repaints } = now);
    painter.reset();
  });
  const onSignal = (signal: NodeJS.Signals): void => {
    close();
    process.exit(signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 129);
  };

  painter.open();
  stdout.on('resize', onResize);
  process.on('exit', close);
  // What is thrown while a key is handled comes from no call of ours.
  process.on('uncaughtException', ended);
  for (const signal of ENDING) process.on(signal, onSignal);
  // ink writes whole frames in this mode and leaves it to us how they get onto the screen: what it writes of its own to
  // move and hide the cursor is not wanted.
  const instance = render(<App store={store} glyphs={isUnicode ? UNICODE : ASCII} isStyled={isStyled} />, { stdout: framesOnly(stdout, (text) => painter.paint(text, store.get().size)), stdin, debug: true, exitOnCtrlC: false, patchConsole: false });

  // A fault while drawing ends it; after a close of ours nobody waits any more.
  instance.waitUntilExit().catch(ended);

  function ended(error: unknown): void {
    close();
    fail(error);
  }
  let isClosed = false;
  function close(): void {
    if (isClosed) return;
    isClosed = true;
    stopWatching();
    stdout.off('resize', onResize);
    process.off('exit', close);
    process.off('uncaughtException', ended);
    for (const signal of ENDING) process.off(signal, onSignal);
    instance.unmount();
    painter.close();
    stdin.setRawMode(false);
    stdin.pause();
  }

  return {
    task: async (text) => {
      store.dispatch({ kind: 'task', text });
      await new Promise((resolve) => setImmediate(resolve));
    },
    progress: (progress) => store.dispatch({ kind: 'progress', progress }),
    show: (model) => store.dispatch({ kind: 'loaded', model }),
    close,
    left,
  };
}

function sizeOf({ columns, rows }: NodeJS.WriteStream): Size {
  return { columns: columns || 80, rows: rows || 24 };
}

/** A standard output that passes frames on, and swallows what is only about the cursor. */
function framesOnly(stdout: NodeJS.WriteStream, paint: (text: string) => void): NodeJS.WriteStream {
  const write = (chunk: string | Uint8Array, first?: unknown, second?: unknown): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    if (text !== '' && !text.startsWith('\u001b[?')) paint(text);
    const done = [first, second].find((one) => typeof one === 'function');
    if (done !== undefined) setImmediate(() => Reflect.apply(done, undefined, []));
    return true;
  };
  return new Proxy(stdout, {
    get: (target, name) => {
      if (name === 'write') return write;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
