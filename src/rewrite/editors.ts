import { YamlEditor } from './yaml-edit.ts';

const MOST = 128;
const editors = new Map<string, YamlEditor>();

/** The editor of `text`: edits hold nodes of one parse, so whoever plans them and whoever makes them have to share it. */
export function editorOf(text: string): YamlEditor {
  const known = editors.get(text);
  if (known !== undefined) {
    // The longest unused goes first.
    editors.delete(text);
    editors.set(text, known);
    return known;
  }
  const editor = new YamlEditor(text);
  if (editors.size >= MOST) editors.delete(editors.keys().next().value ?? '');
  editors.set(text, editor);
  return editor;
}
