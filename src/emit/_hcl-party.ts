import type { EmittedFile } from '../model/federation.ts';
import { type Block, hclText, inputsOfBlocks, variableBlock } from './_hcl.ts';
import type { Asking } from './_party.ts';

/** `main.tf` of a party: the provider it needs, a variable for each input that the blocks leave open, the blocks. */
export function terraformFile(folder: string, purpose: string, provider: { readonly name: string; readonly source: string; readonly version: string }, asking: Asking, blocks: readonly Block[], more: readonly Block[] = []): EmittedFile {
  const head: Block = {
    type: 'terraform',
    attributes: { required_version: '>= 1.5' },
    blocks: [{ type: 'required_providers', attributes: { [provider.name]: { source: provider.source, version: provider.version } } }],
  };
  const variables = asking.describe(inputsOfBlocks(blocks)).map(variableBlock);
  return { path: `${folder}/main.tf`, kind: 'terraform', role: 'create', purpose, text: hclText(`${purpose}\nterraform apply makes it, terraform plan checks it, terraform destroy takes it back.`, [head, ...more, ...variables, ...blocks]) };
}

