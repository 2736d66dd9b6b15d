type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | undefined>>;

const SVG = 'http://www.w3.org/2000/svg';

/** An element. Text is only ever set as text: nothing of a scan becomes markup. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: readonly Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** The same for drawings. */
export function s<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: readonly Child[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  fill(element, attributes, children);
  return element;
}

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children.flatMap((child) => (child === undefined ? [] : [child])));
}

export function button(label: string, action: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, label);
  element.addEventListener('click', action);
  return element;
}

/** `1,284`, the same on every machine. */
export function number(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

export function counted(count: number, one: string, many: string): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** A table whose cells are texts or nodes. Columns whose name ends in `#` hold numbers. */
export function table(label: string, columns: readonly string[], rows: readonly (readonly (Node | string)[])[], attributes: Attributes = {}): HTMLElement {
  const isNumber = columns.map((column) => column.endsWith('#'));
  const cellClass = (index: number): Attributes => (isNumber[index] === true ? { class: 'number' } : {});
  const box = h(
    'div',
    { class: 'scroll', ...attributes },
    h(
      'table',
      {},
      h('caption', { class: 'hidden' }, label),
      h('thead', {}, h('tr', {}, ...columns.map((column, index) => h('th', { scope: 'col', ...cellClass(index) }, column.replace(/#$/, ''))))),
      h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map((cell, index) => h('td', cellClass(index), cell))))),
    ),
  );
  // Who has no mouse scrolls by keys, so what scrolls can be reached by them; what does not is no stop on the way.
  new ResizeObserver(() => {
    const scrolls = box.scrollWidth > box.clientWidth;
    for (const [name, value] of [['tabindex', '0'], ['role', 'region'], ['aria-label', label]] as const) {
      if (scrolls) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  }).observe(box);
  return box;
}

/** Terms with what is said of each; pairs that say nothing are left out. */
export function terms(pairs: readonly (readonly [string, Child])[]): HTMLElement {
  return h('dl', { class: 'terms' }, ...pairs.flatMap(([term, said]) => (said === undefined || said === '' ? [] : [h('dt', {}, term), h('dd', {}, said)])));
}
