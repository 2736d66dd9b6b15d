import { SEVERITIES } from '../../src/model/levels.ts';
import type { UiModel, UiRow } from '../../src/ui/model.ts';
import { initialState, reduce, type Effect, type State } from '../../src/ui/state.ts';
import type { Key, NamedKey } from '../../src/ui/keys.ts';
import { NAMED_KEYS } from '../../src/ui/keys.ts';

const PROVIDERS = ['Anthropic', 'OpenAI', 'Tavily', 'Groq'] as const;

/** Keys k0, k1, ...; every fifth has no migration, the others one or two. */
export function rowsOf(count: number): readonly UiRow[] {
  return Array.from({ length: count }, (_, index): UiRow => {
    const provider = PROVIDERS[index % PROVIDERS.length] ?? 'OpenAI';
    const migrations = index % 5 === 4 ? [] : index % 2 === 0 ? [`m${index}`, `m${index}-second`] : [`m${index}`];
    const level = SEVERITIES[index % SEVERITIES.length] ?? 'info';
    return {
      id: `k${index}`, level, score: 100 - (index % 100), provider, title: `${provider} API key`, label: `sk-\u2026${String(index).padStart(4, '0')}`, places: index % 7, workloads: index % 3,
      state: 'today', stateStyle: 'good', search: `${provider} api key sk-\u2026${String(index).padStart(4, '0')} src/service-${index}.ts`.toLowerCase(), isFolded: false, migrations,
    };
  });
}

export function modelOf(count: number): UiModel {
  return {
    title: './support-bot',
    rows: rowsOf(count),
    incomplete: '',
    detail: (row) => ({ lines: [`details of ${row.id}`, ...Array.from({ length: 80 }, (_, index) => `line ${index}`)], migrations: row.migrations.map((id, index) => ({ id, line: 40 + index * 20 })) }),
  };
}

export function keyOf(text: string): Key {
  const name = NAMED_KEYS.find((one): one is NamedKey => one === text);
  return name === undefined ? { text } : { name };
}

/** Presses keys one after the other; gives the last state and everything that was to be done. */
export function press(state: State, ...keys: readonly string[]): { readonly state: State; readonly effects: readonly Effect[] } {
  let now = state;
  const effects: Effect[] = [];
  for (const key of keys) {
    const [next, wanted] = reduce(now, { kind: 'key', key: keyOf(key) });
    now = next;
    effects.push(...wanted);
  }
  return { state: now, effects };
}

export function opened(count: number, columns = 80, rows = 24): State {
  return reduce(initialState({ columns, rows }), { kind: 'loaded', model: modelOf(count) })[0];
}
