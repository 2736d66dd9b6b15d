import type { InputRef, Text } from '../model/text.ts';
import { type Element, type Language, sequence } from '../support/text-language.ts';

/** Stand-ins for inputs: private-use characters, which no name, id or URL holds. */
const FIRST_ATOM = 0xe000;

/** One character for each input, so that texts with unknown parts compare exactly: an input equals itself and nothing else. */
export class Atoms {
  readonly #byInput = new Map<string, string>();

  of(input: string): string {
    const known = this.#byInput.get(input);
    if (known !== undefined) return known;
    const atom = String.fromCodePoint(FIRST_ATOM + this.#byInput.size);
    this.#byInput.set(input, atom);
    return atom;
  }

  /** The text as one string. */
  string(text: Text): string {
    return text.map((part) => (typeof part === 'string' ? part : this.of(part.input))).join('');
  }

  /** The language of the text alone. */
  exactly(text: Text): Language {
    return [[...this.string(text)].map((character): Element => ({ kind: 'character', character }))];
  }

  /** Every text that begins with this one. */
  beginning(text: Text): Language {
    return sequence(this.exactly(text), [[{ kind: 'many', except: '' }]]);
  }

  /** A string made of atoms, for people: each input as `${NAME}`. */
  readable(text: string): string {
    let result = text;
    for (const [input, atom] of this.#byInput) result = result.replaceAll(atom, `\${${input.toUpperCase().replaceAll('.', '_')}}`);
    return result;
  }
}

/** Whether two texts are the same for whatever values their inputs take. */
export function sameText(a: Text, b: Text): boolean {
  return keyOf(a) === keyOf(b);
}

/** Equal for texts that are the same. */
export function keyOf(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : `\u{f0000}${part.input}\u{f0001}`)).join('');
}

/** The text with every known input replaced by its value. */
export function resolve(text: Text, values: ReadonlyMap<string, string>): Text {
  const result: (string | InputRef)[] = [];
  for (const part of text) {
    const piece = typeof part === 'string' ? part : (values.get(part.input) ?? part);
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else if (piece !== '') result.push(piece);
  }
  return result;
}

/** A text of a registry, `https://x/{party.field}/y`, with its fields as inputs. */
export function fromTemplate(template: string): Text {
  return template
    .split(/(\{[a-z0-9_]+(?:\.[a-z0-9_]+)+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (/^\{[a-z0-9_]+(?:\.[a-z0-9_]+)+\}$/.test(piece) ? { input: piece.slice(1, -1) } : piece));
}
