import type { Inventory } from '../model/inventory.ts';

/**
 * The inventory with every text in it passed through `mask`: whatever a report shows of the scanned world has been through here. Pure; texts that are equal
 * stay equal, so that references between the parts hold.
 */
export function maskInventory(inventory: Inventory, mask: (text: string) => string): Inventory {
  return masked(inventory, mask);
}

function masked<T>(value: T, mask: (text: string) => string): T;
function masked(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) {
    let changed = false;
    const items = value.map((item: unknown) => {
      const next = masked(item, mask);
      changed ||= next !== item;
      return next;
    });
    return changed ? items : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  let changed = false;
  const entries = Object.entries(value).map(([key, item]: [string, unknown]): [string, unknown] => {
    const name = mask(key);
    const next = masked(item, mask);
    changed ||= next !== item || name !== key;
    return [name, next];
  });
  return changed ? Object.fromEntries(entries) : value;
}
