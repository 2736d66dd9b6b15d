import type { TextFile } from '../../model/reference.ts';
import { baseName } from './config-draft.ts';

/** File names that agents and model gateways give their configuration, wherever it lies. */
const NAMED = new RegExp(
  '^(?:' +
    [
      String.raw`(?:.*[._-])?mcp(?:[._-](?:config|settings|servers?))?(?:[._-][\w-]+)?\.jsonc?`,
      String.raw`claude_desktop_config(?:[._-][\w-]+)?\.json`,
      String.raw`\.claude\.json`,
      String.raw`gemini-extension\.json`,
      String.raw`\.?opencode\.jsonc?`,
      String.raw`\.?crush\.json`,
      String.raw`\.aider(?:\.[\w-]+)*\.ya?ml`,
      String.raw`.*litellm.*\.ya?ml`,
      String.raw`librechat(?:[._-][\w-]+)?\.ya?ml`,
      String.raw`promptfooconfig(?:[._-][\w-]+)*\.(?:ya?ml|json)`,
      String.raw`smithery\.ya?ml`,
      String.raw`fastagent\.(?:config|secrets)\.ya?ml`,
      String.raw`mcp_agent\.(?:config|secrets)\.ya?ml`,
    ].join('|') +
    ')(?:\\.(?:example|sample|template|dist))?$',
  'i',
);
/** Folders of agents: every JSON, TOML or YAML file that is their configuration. */
const FOLDERED = /(?:^|\/)(?:\.claude\/settings[\w.-]*\.json|\.(?:cursor|kiro|roo|windsurf|amazonq|trae|junie|qwen|factory)\/(?:[\w-]+\/)?[\w.-]+\.json|\.vscode\/(?:mcp|settings)\.json|\.codex\/config\.toml|\.gemini\/settings\.json|\.tabnine\/agent\/settings\.json|\.continue\/(?:[\w-]+\/)*[\w.-]+\.(?:json|ya?ml)|\.?zed\/settings\.json|\.github\/copilot\/[\w.-]+\.json|\.config\/goose\/config\.ya?ml|\.goose\/config\.ya?ml)(?:\.(?:example|sample|template|dist))?$/i;

export function isAgentConfig(file: TextFile): boolean {
  if (NAMED.test(baseName(file.path)) || FOLDERED.test(file.path)) return true;
  // LiteLLM's file may have any name.
  return /\.ya?ml$/i.test(file.path) && file.text.includes('litellm_params:') && /^model_list:/m.test(file.text);
}
