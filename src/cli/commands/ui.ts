import { existsSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { loadConfig } from '../../config/load-config.ts';
import { isGithubTarget } from '../../github/hosts.ts';
import { isInventoryFile, readInventory } from '../../inventory/read.ts';
import { UsageError } from '../../model/errors.ts';
import type { Inventory } from '../../model/inventory.ts';
import { chooseMigrations } from '../../plan/choose.ts';
import type { PlanOptions } from '../../plan/plan.ts';
import { platforms } from '../../platforms/index.ts';
import { providers } from '../../providers/index.ts';
import { render } from '../../report/index.ts';
import { counted } from '../../report/messages.ts';
import { printable, printableAscii } from '../../report/scanned.ts';
import { nameMask } from '../../detect/mask.ts';
import { writeNewFile } from '../../support/atomic-write.ts';
import { visible } from '../../support/escape.ts';
import { PhaseClock } from '../../support/progress.ts';
import { markPalette } from '../../ui/marks.ts';
import type { Preview, UiActions, UiProgress, Written } from '../../ui/model.ts';
import { shellWord } from '../apply-shared.ts';
import { EXIT_CODES, exitCodeOf } from '../exit-codes.ts';
import { print } from '../print.ts';
import type { ProgressSink } from '../progress.ts';
import { hasUnicode, useColor } from '../terminal.ts';
import { uiModel } from '../ui-model.ts';
import { checkFolder, completePlan, draftPlan, planJson, planOptions, scanForPlan, toldByApi, writePlan } from './plan.ts';

type Flags = Readonly<Record<string, unknown>>;
type Config = Awaited<ReturnType<typeof loadConfig>>;

/** What is looked at, and where the files of it are. */
interface Looked {
  readonly inventory: Inventory;
  readonly roots: ReadonlyMap<string, string>;
}

/** Runs `dekey ui`: reads a saved inventory or scans, and gives the terminal to the screen until the user leaves. Returns the exit code. */
export async function runUi(target: string, raw: Flags, version: string): Promise<number> {
  const cwd = process.cwd();
  const isSaved = !isGithubTarget(target) && isInventoryFile(resolve(cwd, target));
  if (!canDraw()) return await asText(target, raw, version, isSaved);
  const config = await loadConfig(cwd, textOf(raw, 'config'));
  // What cannot be is said before the screen is taken over.
  if (!isSaved && !isGithubTarget(target) && !target.includes(':') && !existsSync(resolve(cwd, target))) throw new UsageError(`there is no ${visible(target)}`, 'Name a folder, or an inventory that dekey scan --format json wrote.');

  let session: Session | undefined;
  const actions: UiActions = {
    preview: async (migrations) => await withSession<Preview>(session, async (one) => ({ kind: 'page', lines: await one.preview(migrations) }), (message) => ({ kind: 'failed', message })),
    write: async (file, migrations, overwrite) => await withSession<Written>(session, async (one) => await one.write(file, migrations, overwrite), (message) => ({ kind: 'failed', message })),
  };
  // In a bundle of its own: nothing else needs a library for screens.
  const { openUi } = await import('../../ui/index.tsx');
  const ui = await openUi({ actions, isStyled: raw['color'] !== false && useColor(undefined), isUnicode: hasUnicode() });
  // By file: what was written over is not there any more.
  const written = new Map<string, string>();
  const load = async (): Promise<void> => {
    if (isSaved) await ui.task(`Reading ${visible(target)} ...`);
    const looked = isSaved ? { inventory: readInventory(resolve(cwd, target)), roots: new Map<string, string>() } : await scanForPlan([target], raw, scanFlags(raw), config, version, cwd, sinkFor(ui.progress));
    await ui.task(`Working out what replaces ${counted(looked.inventory.credentials.length, 'key', 'keys')} ...`);
    const made = new Session(looked, config, version, cwd, isSaved ? [cwd, dirname(resolve(cwd, target))] : [cwd], written);
    session = made;
    ui.show(made.model());
  };
  let interrupted: boolean;
  try {
    interrupted = await Promise.race([ui.left, load().then(async () => await ui.left)]);
  } finally {
    ui.close();
  }
  for (const text of written.values()) await print(text);
  // Its threads would go on for nothing.
  if (session === undefined) process.exit(EXIT_CODES.interrupted.code);
  return interrupted ? EXIT_CODES.interrupted.code : EXIT_CODES.clean.code;
}

/** A person at a terminal that can be drawn on. */
function canDraw(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env['TERM'] !== 'dumb' && (process.env['CI'] ?? '') === '';
}

/** The text report in place of the screen, with the exit code of a scan. */
async function asText(target: string, raw: Flags, version: string, isSaved: boolean): Promise<number> {
  process.stderr.write('dekey: this is no terminal to draw on, so here is the text report (dekey scan)\n');
  if (!isSaved) {
    const { runScan } = await import('./scan.ts');
    return await runScan([target], { ...raw, format: 'text' }, version);
  }
  const cwd = process.cwd();
  const config = await loadConfig(cwd, textOf(raw, 'config'));
  const failOn = config.failOn ?? 'high';
  const inventory = readInventory(resolve(cwd, target));
  await print(await render('text', inventory, {
    providers, platforms, width: process.stdout.isTTY ? (process.stdout.columns ?? 80) : 100, color: raw['color'] !== false && useColor(undefined), verbose: false, failOn, cwd, unicode: hasUnicode(),
  }));
  return exitCodeOf(inventory, failOn);
}

/** One inventory with its plan, and what can be asked of them. */
class Session {
  readonly #looked: Looked;
  readonly #options: PlanOptions;
  readonly #draft: ReturnType<typeof draftPlan>;
  readonly #cwd: string;
  readonly #bases: readonly string[];
  readonly #written: Map<string, string>;

  constructor(looked: Looked, config: Config, version: string, cwd: string, bases: readonly string[], written: Map<string, string>) {
    this.#looked = looked;
    this.#cwd = cwd;
    this.#bases = bases;
    this.#written = written;
    this.#options = planOptions(looked.inventory, { set: [], runsOn: [] }, config.plan, version, cwd, { values: toldByApi(looked.inventory) }, looked.roots);
    this.#draft = draftPlan(looked.inventory, this.#options);
  }

  model(): ReturnType<typeof uiModel> {
    return uiModel(this.#looked.inventory, this.#draft.migrations, { providers, platforms, unicode: hasUnicode(), cwd: this.#cwd });
  }

  /** What apply would show of a plan of these. */
  async preview(migrations: readonly string[]): Promise<(width: number) => readonly string[]> {
    const { plan } = completePlan(chooseMigrations(this.#draft, new Set(migrations)), this.#options);
    // What applying needs is large, and in a bundle of its own.
    const { previewPlan } = await import('./apply.ts');
    const page = await previewPlan(plan, { roots: this.#looked.roots, bases: this.#bases, cwd: this.#cwd }, { paint: markPalette, unicode: hasUnicode() });
    return (width) => {
      const lines = page(width);
      return lines.length > 0 ? lines : ['No file is changed: what replaces the key is made at its provider and in settings. The plan says how (w).'];
    };
  }

  /** The plan of these, as one file or as a folder like that of `dekey plan`. */
  async write(name: string, migrations: readonly string[], overwrite: boolean): Promise<Written> {
    const full = resolve(this.#cwd, name);
    const there = statSync(full, { throwIfNoEntry: false });
    const isFile = name.endsWith('.json');
    const isFull = there !== undefined && (!there.isDirectory() || existsSync(resolve(full, 'plan.json')));
    if (isFull && isFile === !there.isDirectory() && !overwrite) return { kind: 'exists', file: visible(name) };
    const { plan, files, json } = completePlan(chooseMigrations(this.#draft, new Set(migrations)), this.#options);
    if (isFile) {
      // Alone it has no other file beside it, and so must name none.
      await writeNewFile(full, planJson({ ...plan, files: [] }), { overwrite });
    } else {
      await checkFolder(full, name, overwrite);
      await writePlan(full, name, files, json);
    }
    const shown = visible(relative(this.#cwd, full) || '.');
    const command = `dekey apply ${shellWord(relative(this.#cwd, full) || '.')}`;
    this.#written.set(full, `Plan of ${counted(plan.migrations.length, 'migration', 'migrations')} written to ${shown}\n  ${command}   shows the diff\n`);
    return { kind: 'written', file: shown, count: plan.migrations.length, next: `${command} shows the diff.` };
  }
}

/** What may go wrong is said on the screen; a fault of ours goes on to where faults are reported. */
async function withSession<T>(session: Session | undefined, ask: (session: Session) => Promise<T>, failed: (message: string) => T): Promise<T> {
  if (session === undefined) return failed('There is no plan yet.');
  try {
    return await ask(session);
  } catch (error) {
    if (!(error instanceof Error) || !('fix' in error) || typeof error.fix !== 'string') throw error;
    // It may quote a file, and a file may hold a key where it should not.
    const mask = nameMask(providers, () => false);
    const fix = error.name === 'TargetError' ? 'Run dekey ui in the folder where it was scanned.' : error.fix;
    return failed((hasUnicode() ? printable : printableAscii)(mask(`${error.message}. ${fix}`)));
  }
}

/** Ten times a second is more than anybody can read. */
const REDRAW_MS = 100;

function sinkFor(show: (progress: UiProgress) => void): ProgressSink {
  const clock = new PhaseClock();
  let drawn = 0;
  return {
    update: (phase, done, total) => {
      const now = Date.now();
      const elapsedMs = clock.elapsed(phase, now);
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      // The one object that is counted up is seen as it is now.
      show({ phase, done: { ...done }, total: { ...total }, elapsedMs });
    },
    clear: () => undefined,
    end: () => undefined,
  };
}

/** Notes would be written over the screen, so there are none. */
function scanFlags(raw: Flags): Parameters<typeof scanForPlan>[2] {
  const list = (name: string): readonly string[] => (Array.isArray(raw[name]) ? raw[name].filter((item) => typeof item === 'string') : []);
  return { history: raw['history'] === true, include: list('include'), exclude: list('exclude'), offline: raw['offline'] === true, quiet: true };
}

function textOf(raw: Flags, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' ? value : undefined;
}
