/** The prefilter's tables, worked out once by the build: see `src/detect/prefilter/prefilter.ts`. */
import { compileRules } from '../src/detect/compile.ts';
import { prefilterImage } from '../src/detect/prefilter/prefilter.ts';
import { providers } from '../src/providers/index.ts';

export function images(): Record<string, Uint8Array> {
  return { tree: prefilterImage(compileRules(providers, 'tree').literals), history: prefilterImage(compileRules(providers, 'history').literals) };
}
