import { Box, Text, type TextProps, useInput } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Key, NamedKey } from './keys.ts';
import type { Line, Style } from './marks.ts';
import type { Store } from './store.ts';
import { frame, type Glyphs } from './view.ts';

/** Sixteen colours, so that the user's own theme decides how they look. */
const LOOKS: Readonly<Record<Style, TextProps>> = {
  critical: { color: 'red', bold: true },
  high: { color: 'red' },
  medium: { color: 'yellow' },
  low: { color: 'cyan' },
  info: { dimColor: true },
  strong: { bold: true },
  dim: { dimColor: true },
  good: { color: 'green' },
  command: { color: 'cyan' },
  chosen: { inverse: true },
};

interface AppProps {
  readonly store: Store;
  readonly glyphs: Glyphs;
  readonly isStyled: boolean;
}

/** Draws the state and hands on what is typed. What to draw and what to do are decided elsewhere, in pure functions. */
export function App({ store, glyphs, isStyled }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.get);
  useInput((input, key) => {
    for (const one of keysOf(input, key)) store.dispatch({ kind: 'key', key: one });
  });
  return (
    <Box flexDirection="column" width={state.size.columns} height={state.size.rows}>
      {frame(state, glyphs).map((line, index) => <Row key={index} line={line} isStyled={isStyled} />)}
    </Box>
  );
}

function Row({ line, isStyled }: { readonly line: Line; readonly isStyled: boolean }) {
  return (
    <Text wrap="truncate">
      {line.map(({ text, style }, index) => (style === undefined || !isStyled ? text : <Text key={index} {...LOOKS[style]}>{text}</Text>))}
    </Text>
  );
}

type InkKey = Parameters<Parameters<typeof useInput>[0]>[1];

/** What was typed, one key after the other: what is pasted, or typed fast, comes in one piece. */
function keysOf(input: string, key: InkKey): readonly Key[] {
  const name = nameOf(input, key);
  // On a slow line Escape and the key after it come together, which looks like Alt; nothing here is on Alt.
  const escape: readonly Key[] = key.meta && name !== 'escape' ? [{ name: 'escape' }] : [];
  if (name !== undefined) return [...escape, { name }];
  return key.ctrl ? [] : [...escape, ...charactersOf(input)];
}

function charactersOf(input: string): readonly Key[] {
  return [...input].flatMap((character): Key[] => {
    if (character === '\r' || character === '\n') return [{ name: 'enter' }];
    if (character === '\t') return [{ name: 'tab' }];
    if (character === '\u0003') return [{ name: 'ctrl-c' }];
    if (character === '\u007f' || character === '\b') return [{ name: 'backspace' }];
    // Nothing else that is no character can be meant.
    return /^[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]$/u.test(character) ? [] : [{ text: character }];
  });
}

function nameOf(input: string, key: InkKey): NamedKey | undefined {
  if (key.ctrl) return ({ c: 'ctrl-c', d: 'ctrl-d', u: 'ctrl-u', l: 'ctrl-l' } as const)[input];
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'pageup';
  if (key.pageDown) return 'pagedown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  // Terminals send for Backspace what ink calls delete.
  if (key.backspace || key.delete) return 'backspace';
  return key.tab ? 'tab' : undefined;
}
