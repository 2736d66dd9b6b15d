import { HOLDERS } from '../../holders/index.ts';
import { exposureOf } from '../../inventory/exposed.ts';
import { UsageError } from '../../model/errors.ts';
import type { Inventory } from '../../model/inventory.ts';
import { providers } from '../../providers/index.ts';
import { exposureJson, exposureText } from '../../report/exposed.ts';

/**
 * What `dekey report INVENTORY --exposed-by VENDOR` prints.
 *
 * @throws UsageError when nothing is known of the vendor; it names those that are.
 */
export function renderExposed(inventory: Inventory, vendor: string, format: 'text' | 'json', width: number): string {
  const wanted = vendor.toLowerCase();
  const holder = HOLDERS.find(({ id, title }) => id === wanted || title.toLowerCase() === wanted);
  if (holder === undefined) throw new UsageError(`nothing is known of a service "${vendor}"`, `Known are: ${HOLDERS.map(({ id }) => id).join(', ')}.`);
  const exposure = exposureOf(inventory, holder);
  return format === 'json' ? exposureJson(exposure) : exposureText(exposure, providers, width);
}
