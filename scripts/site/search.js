// Searches titles and headings. A page without it is whole: the box is made here.
'use strict';

/** @param {readonly (readonly [string, string, string])[]} entries title of the page, address from the top of the site, heading */
globalThis.searchIn = (entries) => {
  const place = document.getElementById('search');
  if (place === null) return;
  const up = place.dataset.up ?? '';
  const label = document.createElement('label');
  label.textContent = 'Search';
  const box = document.createElement('input');
  box.type = 'search';
  box.autocomplete = 'off';
  box.setAttribute('aria-controls', 'results');
  label.append(box);
  const results = document.createElement('ul');
  results.id = 'results';
  results.hidden = true;
  const told = document.createElement('p');
  told.className = 'told';
  told.setAttribute('role', 'status');
  place.append(label, results, told);

  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter((word) => word !== '');
    const fits = words.length === 0 ? [] : entries.filter(([title, , heading]) => words.every((word) => `${title} ${heading}`.toLowerCase().includes(word)));
    // Where all words stand in the heading itself comes first.
    const own = ([title, , heading]) => (words.every((word) => (heading || title).toLowerCase().includes(word)) ? 0 : 1);
    const found = fits.map((entry) => [own(entry), entry]).sort((a, b) => a[0] - b[0]).slice(0, 12);
    results.replaceChildren(...found.map(([, [title, address, heading]]) => {
      const item = document.createElement('li');
      const link = document.createElement('a');
      link.href = up + address;
      link.textContent = heading === '' ? title : heading;
      item.append(link);
      if (heading !== '') {
        const of = document.createElement('span');
        of.textContent = title;
        item.append(' ', of);
      }
      return item;
    }));
    results.hidden = found.length === 0;
    told.textContent = words.length === 0 ? '' : fits.length === 0 ? 'Nothing found' : `${fits.length} found`;
  };
  box.addEventListener('input', show);
  place.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      box.value = '';
      show();
      box.focus();
      return;
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const stops = [box, ...results.querySelectorAll('a')];
    const at = stops.indexOf(document.activeElement);
    const next = stops[at + (event.key === 'ArrowDown' ? 1 : -1)];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  });
  place.addEventListener('focusout', (event) => {
    if (!place.contains(event.relatedTarget)) results.hidden = true;
  });
  place.addEventListener('focusin', () => {
    results.hidden = results.childElementCount === 0;
  });
  // A link to a part of the same page leaves the list in the way.
  results.addEventListener('click', () => {
    results.hidden = true;
  });
};

// On a wide screen the menu is always open; on a phone it is a line that opens.
const menu = document.querySelector('nav.menu details');
const wide = matchMedia('(min-width: 900px)');
const fit = () => {
  if (menu !== null) menu.open = wide.matches;
};
wide.addEventListener('change', fit);
fit();
