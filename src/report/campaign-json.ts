import type { CampaignResult } from '../model/pull-request.ts';
import { unifiedText } from './apply-patch.ts';
import { inertJson } from './scanned.ts';

/** The result as `schema/campaign.schema.json` has it. Ends with a line feed. */
export function renderCampaignJson(result: CampaignResult): string {
  const items = result.items.map(({ wanted, ...item }) => ({ ...item, wanted: wanted === null ? null : { ...wanted, files: wanted.files.map(({ hunks, ...file }) => ({ ...file, diff: unifiedText(hunks) })) } }));
  return inertJson(`${JSON.stringify({ ...result, items }, undefined, 2)}\n`);
}
