/**
 * A labelled tree with a history, made from a seed: keys in every dress they wear in real repositories, traps that look like keys, and
 * references. The key shapes are written down here a second time, from the published formats, so that a mistake in a detector does not
 * hide itself by making its own test data.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expandRecipe, seededRandom } from '../test/support/recipes.ts';

/** A key that has to be found. */
export interface SecretLabel {
  readonly path: string;
  /** Line of the first character. */
  readonly line: number;
  readonly shape: string;
  readonly provider: string;
  readonly grade: 'H' | 'M';
  /** How the key is dressed: `python`, `dotenv`, `base64`, ... */
  readonly dress: string;
  /** Only in history: not in the tree as it stands. */
  readonly history: boolean;
  /** The key itself, to sweep outputs for it. Never written to a file of the project. */
  readonly key: string;
}

/** A line that must not be reported at confidence high or medium. */
export interface TrapLabel {
  readonly path: string;
  readonly line: number;
  readonly trap: string;
}

/** A place that consumes a key. */
export interface ReferenceLabel {
  readonly path: string;
  readonly line: number;
  readonly provider: string;
  readonly name: string;
  readonly platform: string;
}

export interface Corpus {
  readonly secrets: readonly SecretLabel[];
  readonly traps: readonly TrapLabel[];
  readonly references: readonly ReferenceLabel[];
}

interface Shape {
  readonly id: string;
  readonly provider: string;
  readonly grade: 'H' | 'M';
  readonly recipe: string;
  /** Variable that holds it by convention. Shapes without a prefix are only ever seen under it. */
  readonly env: string;
  readonly bare?: true;
}

const SHAPES: readonly Shape[] = [
  { id: 'anthropic-api', provider: 'anthropic', grade: 'H', recipe: 'sk-ant-api03-{url:93}AA', env: 'ANTHROPIC_API_KEY' },
  { id: 'anthropic-admin', provider: 'anthropic', grade: 'H', recipe: 'sk-ant-admin01-{url:93}AA', env: 'ANTHROPIC_ADMIN_KEY' },
  { id: 'anthropic-oat', provider: 'anthropic', grade: 'M', recipe: 'sk-ant-oat01-{url:93}AA', env: 'CLAUDE_CODE_OAUTH_TOKEN' },
  { id: 'anthropic-ort', provider: 'anthropic', grade: 'M', recipe: 'sk-ant-ort01-{url:93}AA', env: 'CLAUDE_REFRESH_TOKEN' },
  { id: 'openai-legacy', provider: 'openai', grade: 'H', recipe: 'sk-{alnum:20}T3BlbkFJ{alnum:20}', env: 'OPENAI_API_KEY' },
  { id: 'openai-proj-74', provider: 'openai', grade: 'H', recipe: 'sk-proj-{url:74}T3BlbkFJ{url:74}', env: 'OPENAI_API_KEY' },
  { id: 'openai-proj-58', provider: 'openai', grade: 'H', recipe: 'sk-proj-{url:58}T3BlbkFJ{url:58}', env: 'OPENAI_API_KEY' },
  { id: 'openai-proj-20', provider: 'openai', grade: 'H', recipe: 'sk-proj-{url:20}T3BlbkFJ{url:20}', env: 'OPENAI_API_KEY' },
  { id: 'openai-svcacct', provider: 'openai', grade: 'H', recipe: 'sk-svcacct-{url:74}T3BlbkFJ{url:74}', env: 'OPENAI_API_KEY' },
  { id: 'openai-admin', provider: 'openai', grade: 'H', recipe: 'sk-admin-{url:58}T3BlbkFJ{url:58}', env: 'OPENAI_ADMIN_KEY' },
  { id: 'openai-slug', provider: 'openai', grade: 'M', recipe: 'sk-{lower:7}-{alnum:20}T3BlbkFJ{alnum:20}', env: 'OPENAI_API_KEY' },
  { id: 'azure-old', provider: 'azure-openai', grade: 'H', recipe: '{hex:32}', env: 'AZURE_OPENAI_API_KEY', bare: true },
  { id: 'azure-new', provider: 'azure-openai', grade: 'M', recipe: '{alnum:52}JQQJ99B{same-letter}AC{alnum:14}ACOG{alnum:4}', env: 'AZURE_OPENAI_API_KEY' },
  { id: 'aws-id', provider: 'aws', grade: 'H', recipe: 'AKIA{base32:16}', env: 'AWS_ACCESS_KEY_ID' },
  { id: 'aws-secret', provider: 'aws', grade: 'H', recipe: '{base64:40}', env: 'AWS_SECRET_ACCESS_KEY', bare: true },
  { id: 'bedrock-long', provider: 'aws-bedrock', grade: 'H', recipe: '{absk}', env: 'AWS_BEARER_TOKEN_BEDROCK' },
  { id: 'google-api', provider: 'google-gemini', grade: 'H', recipe: 'AIzaSy{url:33}', env: 'GEMINI_API_KEY' },
  { id: 'google-auth', provider: 'google-gemini', grade: 'M', recipe: 'AQ.Ab8RN6{url:44}', env: 'GEMINI_API_KEY' },
  { id: 'gocspx', provider: 'google-vertex', grade: 'M', recipe: 'GOCSPX-{url:28}', env: 'GOOGLE_CLIENT_SECRET' },
  { id: 'hf-user', provider: 'huggingface', grade: 'H', recipe: 'hf_{alpha:34}', env: 'HF_TOKEN' },
  { id: 'hf-org', provider: 'huggingface', grade: 'H', recipe: 'api_org_{alpha:34}', env: 'HF_TOKEN' },
  { id: 'groq', provider: 'groq', grade: 'H', recipe: 'gsk_{alnum:52}', env: 'GROQ_API_KEY' },
  { id: 'xai', provider: 'xai', grade: 'H', recipe: 'xai-{alnum:80}', env: 'XAI_API_KEY' },
  { id: 'perplexity', provider: 'perplexity', grade: 'H', recipe: 'pplx-{alnum:48}', env: 'PERPLEXITY_API_KEY' },
  { id: 'openrouter', provider: 'openrouter', grade: 'H', recipe: 'sk-or-v1-{hex:64}', env: 'OPENROUTER_API_KEY' },
  { id: 'replicate', provider: 'replicate', grade: 'H', recipe: 'r8_{alnum:37}', env: 'REPLICATE_API_TOKEN' },
  { id: 'fireworks', provider: 'fireworks', grade: 'M', recipe: 'fw_{alnum:24}', env: 'FIREWORKS_API_KEY' },
  { id: 'together', provider: 'together', grade: 'H', recipe: 'tgp_v1_{url:43}', env: 'TOGETHER_API_KEY' },
  { id: 'cerebras', provider: 'cerebras', grade: 'H', recipe: 'csk-{lower-alnum:48}', env: 'CEREBRAS_API_KEY' },
  { id: 'nvidia', provider: 'nvidia', grade: 'H', recipe: 'nvapi-{url:64}', env: 'NVIDIA_API_KEY' },
  { id: 'elevenlabs', provider: 'elevenlabs', grade: 'H', recipe: 'sk_{hex:48}', env: 'ELEVENLABS_API_KEY' },
  { id: 'vercel-gateway', provider: 'vercel', grade: 'H', recipe: 'vck_{url:56}', env: 'AI_GATEWAY_API_KEY' },
  { id: 'mistral', provider: 'mistral', grade: 'H', recipe: '{alnum:32}', env: 'MISTRAL_API_KEY', bare: true },
  { id: 'cohere', provider: 'cohere', grade: 'H', recipe: '{alnum:40}', env: 'COHERE_API_KEY', bare: true },
  { id: 'deepseek', provider: 'deepseek', grade: 'H', recipe: 'sk-{hex:32}', env: 'DEEPSEEK_API_KEY', bare: true },
];

/** How a key is written down. `KEY` is the key, `NAME` its variable; the label's line is the one that holds the key (or its encoded form). */
interface Dress {
  readonly id: string;
  readonly extension: string;
  readonly write: (name: string, key: string) => string;
  /** Not for shapes that only their name can tell. */
  readonly shapedOnly?: true;
}

const camel = (name: string): string => name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const percent = (text: string): string => text.replace(/[^A-Za-z0-9]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
const unicodeEscaped = (text: string): string => text.replace(/[-_/+=]/g, (character) => `\\u00${character.charCodeAt(0).toString(16).padStart(2, '0')}`);

const DRESSES: readonly Dress[] = [
  { id: 'dotenv', extension: 'env', write: (name, key) => `# service settings\nLOG_LEVEL=info\n${name}=${key}\nPORT=8080\n` },
  { id: 'dotenv-quoted', extension: 'env', write: (name, key) => `export ${name}="${key}"\n` },
  { id: 'python', extension: 'py', write: (name, key) => `import os\n\n${name} = "${key}"\n\ndef run():\n    return ${name}\n` },
  { id: 'python-environ', extension: 'py', write: (name, key) => `import os\nos.environ['${name}'] = '${key}'\n` },
  { id: 'typescript', extension: 'ts', write: (name, key) => `const ${camel(name)} = '${key}';\nexport default ${camel(name)};\n` },
  { id: 'typescript-fallback', extension: 'ts', write: (name, key) => `export const key = process.env.${name} ?? "${key}";\n` },
  { id: 'go', extension: 'go', write: (name, key) => `package main\n\nconst ${camel(name)} = "${key}"\n` },
  { id: 'java', extension: 'java', write: (name, key) => `class Config {\n  static final String ${name} = "${key}";\n}\n` },
  { id: 'shell', extension: 'sh', write: (name, key) => `#!/bin/sh\nset -e\n${name}=${key} node server.js\n` },
  { id: 'json', extension: 'json', write: (name, key) => `{\n  "port": 8080,\n  "${name}": "${key}"\n}\n` },
  { id: 'json-minified', extension: 'json', write: (name, key) => `{"a":[1,2,3],"env":{"${name}":"${key}","x":1},"b":"${'lorem ipsum '.repeat(40)}"}` },
  { id: 'yaml', extension: 'yaml', write: (name, key) => `service:\n  env:\n    ${name}: ${key}\n    other: value\n` },
  { id: 'toml', extension: 'toml', write: (name, key) => `[env]\n${name} = "${key}"\n` },
  { id: 'dockerfile', extension: 'Dockerfile', write: (name, key) => `FROM node:22\nENV ${name}=${key}\nCMD ["node", "x.js"]\n` },
  { id: 'compose', extension: 'yml', write: (name, key) => `services:\n  api:\n    image: x\n    environment:\n      - ${name}=${key}\n` },
  { id: 'terraform', extension: 'tf', write: (name, key) => `variable "${name.toLowerCase()}" {\n  default = "${key}"\n}\n` },
  { id: 'json-in-json', extension: 'json', write: (name, key) => `{\n  "body": ${JSON.stringify(JSON.stringify({ env: { [name]: key } }))}\n}\n` },
  { id: 'after-newline-escape', extension: 'json', write: (name, key) => `{"script": "set -e\\n${name}=${key}\\nrun\\n"}\n` },
  { id: 'crlf', extension: 'ini', write: (name, key) => `[main]\r\n${name}=${key}\r\nx=1\r\n` },
  { id: 'utf-16', extension: 'txt', write: (name, key) => `\ufeff${name}=${key}\r\n` },
  { id: 'notebook', extension: 'ipynb', write: (name, key) => `{\n "cells": [\n  {\n   "cell_type": "code",\n   "source": [\n    "import os\\n",\n    "os.environ[\\"${name}\\"] = \\"${key}\\"\\n"\n   ]\n  }\n ],\n "metadata": {}, "nbformat": 4, "nbformat_minor": 5\n}\n` },
  { id: 'kubernetes-base64', extension: 'yaml', write: (name, key) => `apiVersion: v1\nkind: Secret\nmetadata:\n  name: bot\ndata:\n  ${name}: ${base64(key)}\n` },
  { id: 'base64-file', extension: 'yaml', shapedOnly: true, write: (name, key) => `apiVersion: v1\nkind: Secret\ndata:\n  config.env: ${base64(`PORT=1\n${name}=${key}\nX=2\n`)}\n` },
  { id: 'percent-encoded', extension: 'http', shapedOnly: true, write: (name, key) => `GET https://x.test/?${name.toLowerCase()}=${percent(key)}&v=1\n` },
  { id: 'unicode-escaped', extension: 'json', write: (name, key) => `{ "${name}": "${unicodeEscaped(key)}" }\n` },
  { id: 'bearer', extension: 'sh', shapedOnly: true, write: (_name, key) => `curl -H "Authorization: Bearer ${key}" https://example.test/v1/models\n` },
  { id: 'query', extension: 'txt', shapedOnly: true, write: (_name, key) => `https://host.test/path?key=${key}&alt=sse\n` },
  { id: 'log', extension: 'log', shapedOnly: true, write: (_name, key) => `2026-02-03T04:05:06Z DEBUG request headers={'x-api-key': '${key}'}\n` },
  { id: 'colour-log', extension: 'log', shapedOnly: true, write: (_name, key) => `\u001b[32m${key}\u001b[0m\n` },
  { id: 'python-keyword', extension: 'py', shapedOnly: true, write: (_name, key) => `client = Client(\n    api_key="${key}",\n    timeout=30,\n)\n` },
  { id: 'python-dict', extension: 'py', write: (name, key) => `config = {'debug': True, '${name}': '${key}'}\n` },
  { id: 'javascript-object', extension: 'js', write: (name, key) => `module.exports = {\n  port: 80,\n  ${camel(name)}: "${key}",\n};\n` },
  { id: 'template-literal', extension: 'js', shapedOnly: true, write: (_name, key) => `const headers = { Authorization: \`Bearer ${key}\` };\n` },
  { id: 'csharp', extension: 'cs', write: (name, key) => `class C { private const string ${name} = "${key}"; }\n` },
  { id: 'ruby', extension: 'rb', write: (name, key) => `ENV["${name}"] ||= "${key}"\n` },
  { id: 'php', extension: 'php', write: (name, key) => `<?php\ndefine('${name}', '${key}');\n` },
  { id: 'rust', extension: 'rs', write: (name, key) => `const ${name}: &str = "${key}";\n` },
  { id: 'kotlin', extension: 'kt', write: (name, key) => `val ${camel(name)} = "${key}"\n` },
  { id: 'properties', extension: 'properties', write: (name, key) => `server.port=1\n${name.toLowerCase().replaceAll('_', '.')}=${key}\n` },
  { id: 'xml', extension: 'xml', write: (name, key) => `<appSettings>\n  <add key="${name}" value="${key}" />\n</appSettings>\n` },
  { id: 'powershell', extension: 'ps1', write: (name, key) => `$env:${name} = "${key}"\n` },
  { id: 'batch', extension: 'bat', write: (name, key) => `@echo off\r\nset ${name}=${key}\r\n` },
  { id: 'fish', extension: 'fish', write: (name, key) => `set -gx ${name} ${key}\n` },
  { id: 'docker-run', extension: 'sh', write: (name, key) => `docker run --rm -e ${name}=${key} app:1\n` },
  { id: 'flag', extension: 'sh', shapedOnly: true, write: (_name, key) => `tool serve --api-key ${key} --port 80\n` },
  { id: 'workflow', extension: 'yml', write: (name, key) => `on: push\njobs:\n  a:\n    runs-on: x\n    env:\n      ${name}: "${key}"\n    steps:\n      - run: make\n` },
  { id: 'kubernetes-env', extension: 'yaml', write: (name, key) => `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      env:\n        - name: ${name}\n          value: ${key}\n` },
  { id: 'block-scalar', extension: 'yaml', write: (name, key) => `script: |\n  set -e\n  export ${name}=${key}\n  run\n` },
  { id: 'tfvars', extension: 'tfvars', write: (name, key) => `region = "eu"\n${name.toLowerCase()} = "${key}"\n` },
  { id: 'patch', extension: 'patch', write: (name, key) => `--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-${name}=\n+${name}=${key}\n` },
  { id: 'markdown', extension: 'md', write: (name, key) => `# Run\n\n\`\`\`sh\nexport ${name}=${key}\n\`\`\`\n` },
  { id: 'sql', extension: 'sql', shapedOnly: true, write: (_name, key) => `INSERT INTO settings (id, k, v) VALUES (1, 'key', '${key}');\n` },
  { id: 'csv', extension: 'csv', shapedOnly: true, write: (_name, key) => `name,token,owner\nbot,${key},ann\n` },
  { id: 'html', extension: 'html', shapedOnly: true, write: (_name, key) => `<script>window.k='${key}';</script>\n` },
  { id: 'comment', extension: 'ts', write: (name, key) => `// ${name}=${key}\nexport {};\n` },
  { id: 'har', extension: 'har', shapedOnly: true, write: (_name, key) => `{"log":{"entries":[{"request":{"headers":[{"name":"authorization","value":"Bearer ${key}"}]}}]}}\n` },
  { id: 'mcp', extension: 'json', write: (name, key) => `{\n  "mcpServers": {\n    "search": { "command": "npx", "args": ["-y", "x"], "env": { "${name}": "${key}" } }\n  }\n}\n` },
  { id: 'rust-static', extension: 'rs', write: (name, key) => `pub static ${name}: &'static str = "${key}";\n` },
  { id: 'go-typed', extension: 'go', write: (name, key) => `package main\n\nconst ${camel(name)} string = "${key}"\n` },
  { id: 'go-setenv', extension: 'go', write: (name, key) => `package main\n\nimport "os"\n\nfunc init() { os.Setenv("${name}", "${key}") }\n` },
  { id: 'go-raw', extension: 'go', write: (name, key) => `package main\n\nvar ${camel(name)} = \`${key}\`\n` },
  { id: 'typescript-typed', extension: 'ts', write: (name, key) => `export const ${camel(name)}: string = "${key}";\n` },
  { id: 'typescript-member', extension: 'ts', write: (name, key) => `class Settings {\n  private readonly ${camel(name)}: string = '${key}';\n}\n` },
  { id: 'typescript-or', extension: 'ts', write: (name, key) => `const key = process.env["${name}"] || '${key}';\n` },
  { id: 'python-getenv-default', extension: 'py', write: (name, key) => `import os\nkey = os.getenv("${name}", "${key}")\n` },
  { id: 'python-typed', extension: 'py', write: (name, key) => `from typing import Final\n\n${name}: Final[str] = "${key}"\n` },
  { id: 'python-bytes', extension: 'py', write: (name, key) => `${name.toLowerCase()} = b"${key}"\n` },
  { id: 'python-parenthesised', extension: 'py', write: (name, key) => `${name} = (\n    "${key}"\n)\n` },
  { id: 'python-setdefault', extension: 'py', write: (name, key) => `import os\nos.environ.setdefault("${name}", "${key}")\n` },
  { id: 'python-monkeypatch', extension: 'py', write: (name, key) => `def run(monkeypatch):\n    monkeypatch.setenv("${name}", "${key}")\n` },
  { id: 'python-pydantic', extension: 'py', write: (name, key) => `class Settings(BaseSettings):\n    ${name.toLowerCase()}: SecretStr = SecretStr("${key}")\n` },
  { id: 'kotlin-typed', extension: 'kt', write: (name, key) => `private const val ${name}: String = "${key}"\n` },
  { id: 'swift', extension: 'swift', write: (name, key) => `enum Keys {\n    static let ${camel(name)}: String = "${key}"\n}\n` },
  { id: 'objective-c', extension: 'm', write: (name, key) => `NSString *const ${camel(name)} = @"${key}";\n` },
  { id: 'java-final', extension: 'java', write: (name, key) => `public class Keys {\n    private static final String ${name} = "${key}";\n}\n` },
  { id: 'java-system-property', extension: 'java', write: (name, key) => `class Boot {\n  static { System.setProperty("${name}", "${key}"); }\n}\n` },
  { id: 'csharp-setenv', extension: 'cs', write: (name, key) => `Environment.SetEnvironmentVariable("${name}", "${key}");\n` },
  { id: 'csharp-property', extension: 'cs', write: (name, key) => `class C { public static string ${name} { get; set; } = "${key}"; }\n` },
  { id: 'php-variable', extension: 'php', write: (name, key) => `<?php\n$${camel(name)} = '${key}';\n` },
  { id: 'php-putenv', extension: 'php', write: (name, key) => `<?php\nputenv("${name}=${key}");\n` },
  { id: 'php-array', extension: 'php', write: (name, key) => `<?php\nreturn [\n    '${name.toLowerCase()}' => env('${name}', '${key}'),\n];\n` },
  { id: 'ruby-constant', extension: 'rb', write: (name, key) => `${name} = '${key}'.freeze\n` },
  { id: 'ruby-fetch', extension: 'rb', write: (name, key) => `key = ENV.fetch('${name}', '${key}')\n` },
  { id: 'elixir', extension: 'exs', write: (name, key) => `System.put_env("${name}", "${key}")\n` },
  { id: 'elixir-config', extension: 'exs', write: (name, key) => `import Config\nconfig :app, ${name.toLowerCase()}: "${key}"\n` },
  { id: 'scala', extension: 'scala', write: (name, key) => `object Keys { val ${camel(name)}: String = "${key}" }\n` },
  { id: 'dart', extension: 'dart', write: (name, key) => `const String ${camel(name)} = '${key}';\n` },
  { id: 'c-define', extension: 'h', write: (name, key) => `#define ${name} "${key}"\n` },
  { id: 'c-pointer', extension: 'c', write: (name, key) => `static const char *${name.toLowerCase()} = "${key}";\n` },
  { id: 'cpp-string', extension: 'cpp', write: (name, key) => `const std::string ${name}{"${key}"};\n` },
  { id: 'arduino-array', extension: 'ino', write: (name, key) => `const char ${name}[] = "${key}";\n` },
  { id: 'lua', extension: 'lua', write: (name, key) => `local ${name.toLowerCase()} = "${key}"\n` },
  { id: 'r-setenv', extension: 'R', write: (name, key) => `Sys.setenv(${name} = "${key}")\n` },
  { id: 'julia', extension: 'jl', write: (name, key) => `ENV["${name}"] = "${key}"\n` },
  { id: 'vim', extension: 'vim', write: (name, key) => `let $${name} = '${key}'\n` },
  { id: 'nix', extension: 'nix', write: (name, key) => `{ environment.variables.${name} = "${key}"; }\n` },
  { id: 'properties-dotted', extension: 'properties', write: (name, key) => `spring.application.name=bot\n${name.toLowerCase().replaceAll('_', '.')} = ${key}\n` },
  { id: 'properties-dashed', extension: 'properties', write: (name, key) => `spring.ai.${name.toLowerCase().replaceAll('_', '-')}=${key}\n` },
  { id: 'android-strings', extension: 'xml', write: (name, key) => `<resources>\n    <string name="app_name">Bot</string>\n    <string name="${name.toLowerCase()}">${key}</string>\n</resources>\n` },
  { id: 'plist', extension: 'plist', write: (name, key) => `<?xml version="1.0"?>\n<plist version="1.0">\n<dict>\n\t<key>${name}</key>\n\t<string>${key}</string>\n</dict>\n</plist>\n` },
  { id: 'xml-element', extension: 'xml', write: (name, key) => `<configuration>\n  <${camel(name)}>${key}</${camel(name)}>\n</configuration>\n` },
  { id: 'web-config', extension: 'config', write: (name, key) => `<configuration>\n  <appSettings>\n    <add key="${name}" value="${key}"/>\n  </appSettings>\n</configuration>\n` },
  { id: 'intellij-run', extension: 'xml', write: (name, key) => `<configuration><envs>\n  <env name="${name}" value="${key}" />\n</envs></configuration>\n` },
  { id: 'launch-json', extension: 'json', write: (name, key) => `{\n  "configurations": [\n    { "type": "node", "env": { "NODE_ENV": "x", "${name}": "${key}" } }\n  ]\n}\n` },
  { id: 'docker-env-space', extension: 'Dockerfile', write: (name, key) => `FROM node:22\nENV ${name} ${key}\nCMD ["node"]\n` },
  { id: 'docker-arg', extension: 'Dockerfile', write: (name, key) => `FROM node:22\nARG ${name}="${key}"\n` },
  { id: 'docker-build-arg', extension: 'sh', write: (name, key) => `docker build --build-arg ${name}=${key} -t app .\n` },
  { id: 'powershell-setenv', extension: 'ps1', write: (name, key) => `[System.Environment]::SetEnvironmentVariable('${name}', '${key}', 'User')\n` },
  { id: 'powershell-variable', extension: 'ps1', write: (name, key) => `$${camel(name)} = "${key}"\n` },
  { id: 'setx', extension: 'cmd', write: (name, key) => `setx ${name} "${key}" /M\r\n` },
  { id: 'batch-quoted', extension: 'cmd', write: (name, key) => `set "${name}=${key}"\r\n` },
  { id: 'fish-universal', extension: 'fish', write: (name, key) => `set -Ux ${name} "${key}"\n` },
  { id: 'makefile', extension: 'mk', write: (name, key) => `export ${name} := ${key}\n\nrun:\n\tnode x.js\n` },
  { id: 'systemd', extension: 'service', write: (name, key) => `[Service]\nEnvironment="${name}=${key}"\nExecStart=/usr/bin/app\n` },
  { id: 'curl-x-api-key', extension: 'sh', shapedOnly: true, write: (_name, key) => `curl -sS https://api.test/v1/x -H 'content-type: application/json' -H 'x-api-key: ${key}' -d @body.json\n` },
  { id: 'http-file', extension: 'http', shapedOnly: true, write: (_name, key) => `POST https://api.test/v1/chat\nAuthorization: Bearer ${key}\nContent-Type: application/json\n\n{}\n` },
  { id: 'http-variable', extension: 'http', write: (name, key) => `@${name} = ${key}\n\nGET https://api.test\nAuthorization: Bearer {{${name}}}\n` },
  { id: 'postman', extension: 'json', write: (name, key) => `{\n\t"values": [\n\t\t{\n\t\t\t"key": "${name}",\n\t\t\t"value": "${key}",\n\t\t\t"type": "secret",\n\t\t\t"enabled": true\n\t\t}\n\t]\n}\n` },
  { id: 'postman-header', extension: 'json', shapedOnly: true, write: (_name, key) => `{"item":[{"request":{"auth":{"type":"bearer","bearer":[{"key":"token","value":"${key}","type":"string"}]}}}]}\n` },
  { id: 'helm-values', extension: 'yaml', write: (name, key) => `image:\n  tag: v1\nextraEnv:\n  - name: ${name}\n    value: "${key}"\nsecrets:\n  enabled: true\n` },
  { id: 'terraform-map', extension: 'tf', write: (name, key) => `resource "aws_lambda_function" "a" {\n  environment {\n    variables = {\n      ${name} = "${key}"\n    }\n  }\n}\n` },
  { id: 'terraform-type', extension: 'tf', write: (name, key) => `variable "${name.toLowerCase()}" {\n  type      = string\n  sensitive = true\n  default   = "${key}"\n}\n` },
  { id: 'terraform-state', extension: 'tfstate', write: (name, key) => `{"resources":[{"instances":[{"attributes":{"environment":[{"variables":{"${name}":"${key}"}}]}}]}]}\n` },
  { id: 'toml-inline', extension: 'toml', write: (name, key) => `[tool.app]\nenv = { ${name} = "${key}", MODE = "x" }\n` },
  { id: 'yaml-quoted-key', extension: 'yml', write: (name, key) => `env:\n  "${name}": '${key}'\n` },
  { id: 'yaml-folded', extension: 'yml', write: (name, key) => `env:\n  ${name}: >-\n    ${key}\n` },
  { id: 'yaml-anchor', extension: 'yml', write: (name, key) => `env:\n  ${name}: &key ${key}\n` },
  { id: 'json5', extension: 'json5', write: (name, key) => `{\n  // key\n  ${name}: '${key}',\n}\n` },
  { id: 'dotenv-comment', extension: 'env', write: (name, key) => `# ${name}=${key}\n${name}=\n` },
  { id: 'dotenv-spaces', extension: 'env', write: (name, key) => `${name} = '${key}' # production\n` },
  { id: 'dotenv-colon', extension: 'env', write: (name, key) => `${name}: ${key}\n` },
  { id: 'netrc', extension: 'netrc', shapedOnly: true, write: (_name, key) => `machine api.test login user password ${key}\n` },
  { id: 'url-userinfo', extension: 'txt', shapedOnly: true, write: (_name, key) => `git clone https://user:${key.replaceAll('/', '%2F')}@host.test/repo.git\n` },
  { id: 'sql-named', extension: 'sql', write: (name, key) => `INSERT INTO settings (k, v) VALUES ('${name}', '${key}');\n` },
  { id: 'csv-named', extension: 'csv', write: (name, key) => `name,value\nLOG_LEVEL,info\n${name},${key}\n` },
  { id: 'markdown-inline', extension: 'md', write: (name, key) => `Set \`${name}\` to \`${key}\` first.\n` },
  { id: 'markdown-table', extension: 'md', write: (name, key) => `| name | value |\n|---|---|\n| ${name} | ${key} |\n` },
  { id: 'log-line', extension: 'log', write: (name, key) => `2026-01-02 03:04:05 INFO env ${name}=${key} MODE=prod\n` },
  { id: 'log-json', extension: 'log', write: (name, key) => `{"level":30,"env":{"${name}":"${key}"},"msg":"start"}\n` },
  { id: 'printenv', extension: 'txt', write: (name, key) => `HOME=/root\n${name}=${key}\nPATH=/bin\n` },
  { id: 'shell-history', extension: 'zsh_history', write: (name, key) => `: 1700000000:0;export ${name}=${key}\n` },
  { id: 'heredoc', extension: 'sh', write: (name, key) => `cat > .env <<EOF\n${name}=${key}\nEOF\n` },
  { id: 'shell-default', extension: 'sh', write: (name, key) => `export ${name}="\${${name}:-${key}}"\n` },
  { id: 'gh-secret-set', extension: 'sh', write: (name, key) => `gh secret set ${name} --body "${key}"\n` },
  { id: 'kubectl-literal', extension: 'sh', write: (name, key) => `kubectl create secret generic bot --from-literal=${name}=${key}\n` },
  { id: 'env-json-list', extension: 'json', write: (name, key) => `{"containerDefinitions":[{"environment":[{"name":"${name}","value":"${key}"}]}]}\n` },
  { id: 'cassette', extension: 'yaml', shapedOnly: true, write: (_name, key) => `interactions:\n- request:\n    headers:\n      authorization:\n      - Bearer ${key}\n    method: POST\n` },
  { id: 'notebook-output', extension: 'ipynb', shapedOnly: true, write: (_name, key) => `{"cells":[{"cell_type":"code","outputs":[{"name":"stdout","output_type":"stream","text":["using key ${key}\\n"]}],"source":["print(k)"]}],"metadata":{},"nbformat":4,"nbformat_minor":5}\n` },
  { id: 'notebook-magic', extension: 'ipynb', write: (name, key) => `{"cells":[{"cell_type":"code","metadata":{},"outputs":[],"source":["%env ${name}=${key}\\n","!python x.py"]}],"metadata":{},"nbformat":4,"nbformat_minor":5}\n` },
  { id: 'base64-file-wide', extension: 'yaml', shapedOnly: true, write: (name, key) => `apiVersion: v1\nkind: Secret\ndata:\n  .env: ${base64(`A=12\nHOST=x.test\n${name}=${key}\nZ=9\n`)}\n` },
  { id: 'base64-file-quoted', extension: 'yaml', shapedOnly: true, write: (name, key) => `apiVersion: v1\nkind: Secret\ndata:\n  app.json: "${base64(JSON.stringify({ debug: false, [name]: key }))}"\n` },
  { id: 'minified-js', extension: 'js', shapedOnly: true, write: (_name, key) => `!function(){var e={a:1,k:"${key}"},t=e.k;fetch("/x",{headers:{authorization:"Bearer "+t}})}();\n` },
];

/** Lines that must stay silent; the recipes make look-alikes that are not keys. */
const TRAPS: readonly { readonly id: string; readonly line: string }[] = [
  { id: 'git-sha', line: 'uses: actions/checkout@{hex:40}' },
  { id: 'sha256', line: 'image: registry.test/app@sha256:{hex:64}' },
  { id: 'md5', line: 'md5 = "{hex:32}"' },
  { id: 'integrity', line: '"integrity": "sha512-{base64:86}=="' },
  { id: 'uuid', line: 'id: {uuid}' },
  { id: 'css', line: '<div class="sk-fading-circle sk-circle{digit:2} sk-cube-grid"></div>' },
  { id: 'anthropic-dots', line: 'ANTHROPIC_API_KEY=sk-ant-...' },
  { id: 'anthropic-x', line: 'ANTHROPIC_API_KEY=sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' },
  { id: 'anthropic-your', line: 'api_key="sk-ant-api03-YOUR-KEY-HERE"' },
  { id: 'openai-your', line: 'OPENAI_API_KEY=sk-your-key-here' },
  { id: 'openai-abc', line: 'openai.api_key = "sk-proj-abc123"' },
  { id: 'openai-1234', line: 'apiKey: "sk-1234567890abcdef1234567890abcdef"' },
  { id: 'openai-x', line: "apiKey: 'sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'" },
  { id: 'openai-env', line: 'OPENAI_API_KEY=${OPENAI_API_KEY:?set it}' },
  { id: 'aws-example', line: `AWS_ACCESS_KEY_ID=AKIA${'IOSFODNN7EXAMPLE'}` },
  { id: 'aws-secret-example', line: `aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/${'bPxRfiCYEXAMPLEKEY'}` },
  { id: 'aws-word', line: 'const AKIAREGIONTABLE = loadTable("AKIA")' },
  { id: 'google-your', line: 'GEMINI_API_KEY=AIzaSyXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX' },
  { id: 'hf-placeholder', line: 'HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' },
  { id: 'hf-function', line: 'def hf_convert_checkpoint_to_safetensors_format(path):' },
  { id: 'groq-placeholder', line: 'GROQ_API_KEY=gsk_your_api_key_goes_here' },
  { id: 'regex', line: 'pattern = r"sk-ant-api03-[A-Za-z0-9_-]{{93}AA"' },
  { id: 'stripe', line: `STRIPE_SECRET=sk_${'live'}_{alnum:24}` },
  { id: 'stripe-test', line: `STRIPE_TEST=sk_${'test'}_{alnum:24}` },
  { id: 'sealed', line: '    OPENAI_API_KEY: AgB{base64:300}==' },
  { id: 'sops', line: '    OPENAI_API_KEY: ENC[AES256_GCM,data:{base64:64},iv:{base64:43}=,tag:{base64:22}==,type:str]' },
  { id: 'jwt-word', line: 'const next = "sk-" + slug;' },
  { id: 'sequence', line: 'token: "hf_abcdefghijklmnopqrstuvwxyzabcdefgh"' },
  { id: 'mistral-hash', line: 'mistral_model_sha = "{hex:40}"' },
  { id: 'mistral-name', line: 'MISTRAL_API_KEY=<your-mistral-api-key>' },
  { id: 'azure-deployment', line: 'AZURE_OPENAI_DEPLOYMENT=gpt-4o-2024-11-20-standard-eu' },
  { id: 'cohere-env', line: 'COHERE_API_KEY=${{ secrets.COHERE_API_KEY }}' },
  { id: 'commit-url', line: 'https://github.test/o/r/commit/{hex:40}' },
  { id: 'data-url', line: 'background: url(data:image/png;base64,{base64:400})' },
  { id: 'minified', line: '!function(e,t){{var {alnum:6}={alnum:8},r8_={alnum:4};return sk_{lower:4}(e)}}' },
  { id: 'vertex-external', line: '{{"type":"external_account","audience":"//iam.googleapis.com/projects/{digit:12}/locations/global"}' },
  { id: 'langfuse-public', line: `LANGFUSE_PUBLIC_KEY=pk-${'lf'}-{uuid}` },
  { id: 'task-word', line: 'risk-ant-colony task-project-manager disk-antenna-{alnum:12}' },
  { id: 'etag', line: 'ETag: "{hex:32}"' },
  { id: 'trace', line: 'traceparent: 00-{hex:32}-{hex:16}-01' },
  { id: 'azure-version', line: 'AZURE_OPENAI_API_VERSION=2024-12-01-preview' },
  { id: 'azure-endpoint', line: 'AZURE_OPENAI_ENDPOINT=https://eastus2-{lower-alnum:24}.openai.azure.com/' },
  { id: 'azure-etag', line: 'azure_openai_cache_etag = "{hex:32}"' },
  { id: 'cohere-id', line: 'cohere_request_id = "{uuid}"' },
  { id: 'cohere-digest', line: 'cohere-tokenizer.json sha1 {hex:40}' },
  { id: 'mistral-blob', line: 'mistral: {{ "digest": "sha256:{hex:64}", "size": 4113 }' },
  { id: 'mistral-path', line: 'MISTRAL_MODEL_PATH=/models/mistral-7b-instruct-v0-3/{hex:32}' },
  { id: 'deepseek-model', line: 'DEEPSEEK_MODEL=deepseek-coder-{hex:7}-instruct' },
  { id: 'openai-organization', line: 'OPENAI_ORGANIZATION=org-{alnum:24}' },
  { id: 'openai-object', line: '"id": "chatcmpl-{alnum:29}", "request": "req_{hex:32}", "thread": "thread_{alnum:24}"' },
  { id: 'anthropic-object', line: '"id": "msg_01{alnum:22}", "batch": "msgbatch_01{alnum:22}", "org": "{uuid}"' },
  { id: 'aws-arn', line: 'role = "arn:aws:iam::{digit:12}:role/AKIA-rotation-{lower:8}"' },
  { id: 'aws-secret-name', line: 'AWS_SECRET_ACCESS_KEY_SECRET_NAME=prod/service/{lower:12}/credentials' },
  { id: 'aws-path', line: 'aws_secret_path = services/internal/payments/database/mai' },
  { id: 'gitlab-variable', line: '  ANTHROPIC_API_KEY: $CI_ANTHROPIC_API_KEY_PRODUCTION' },
  { id: 'vault-path', line: 'OPENAI_API_KEY: vault:secret/data/openai#api_key' },
  { id: 'one-password', line: 'OPENAI_API_KEY="op://platform/openai/credential"' },
  { id: 'test-double', line: "process.env.OPENAI_API_KEY = 'test-api-key';" },
  { id: 'dummy', line: 'ANTHROPIC_API_KEY: dummy-key-for-unit-tests' },
  { id: 'zeros', line: `AZURE_OPENAI_API_KEY=${'0'.repeat(32)}` },
  { id: 'repeat', line: `MISTRAL_API_KEY=${'ab'.repeat(16)}` },
  { id: 'base64-image', line: '"image": "iVBORw0KGgoAAAANSUhEUg{base64:600}"' },
  { id: 'source-map', line: '//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjoz{base64:800}' },
  { id: 'yarn-lock', line: '  checksum: 10c0/{hex:128}' },
  { id: 'public-key', line: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{base64:44} ann@example.test' },
  { id: 'jwt', line: 'id_token=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIx{url:40}.{url:86}' },
  { id: 'hf-model', line: 'model = "org/hf_{lower:12}_large_v2"' },
  { id: 'xai-word', line: 'class: xai-explainability-{lower:20}-report' },
  { id: 'firebase-note', line: 'GEMINI_API_KEY=AIza...' },
  { id: 'masked', line: 'using key sk-proj-****************************{alnum:4}' },
  { id: 'sealed-short', line: '    MISTRAL_API_KEY: AgA{base64:240}=' },
  { id: 'sealed-env', line: 'OPENAI_API_KEY=AgBy{base64:480}==' },
  { id: 'dotenvx', line: 'ANTHROPIC_API_KEY="encrypted:B{base64:150}="' },
  { id: 'ansible-inline', line: 'openai_api_key: $ANSIBLE_VAULT;1.1;AES256;{hex:64}' },
  { id: 'vault-transit', line: 'GROQ_API_KEY=vault:v1:{base64:80}==' },
  { id: 'spring-cipher', line: "spring.ai.openai.api-key={{cipher}{hex:160}" },
  { id: 'kms', line: 'OPENAI_API_KEY: AQICAH{base64:180}==' },
  { id: 'fernet', line: 'ANTHROPIC_API_KEY=gAAAAAB{url:140}==' },
  { id: 'openssl-salted', line: 'COHERE_API_KEY=U2FsdGVkX1{base64:54}==' },
  { id: 'rails-credentials', line: '{base64:300}--{base64:16}--{base64:22}==' },
  { id: 'azure-keyvault', line: '"OPENAI_API_KEY": "@Microsoft.KeyVault(SecretUri=https://kv-{lower:6}.vault.azure.net/secrets/openai/{hex:32})",' },
  { id: 'secretsmanager', line: 'OPENAI_API_KEY=arn:aws:secretsmanager:eu-west-1:{digit:12}:secret:prod/openai-{alnum:6}' },
  { id: 'gcp-secret', line: 'OPENAI_API_KEY=projects/{digit:12}/secrets/openai-api-key/versions/3' },
  { id: 'mustache', line: 'OPENAI_API_KEY={{{{ .Values.openai.apiKey }}' },
  { id: 'shell-command', line: 'export OPENAI_API_KEY=$(op read op://platform/openai/credential)' },
  { id: 'presigned-s3', line: 'https://bucket.s3.amazonaws.com/f/{uuid}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA{base32:16}%2F20260102%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=3600&X-Amz-Signature={hex:64}' },
  { id: 'signed-header', line: 'Authorization: AWS4-HMAC-SHA256 Credential=AKIA{base32:16}/20260102/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature={hex:64}' },
  { id: 'presigned-v2', line: 'https://bucket.s3.amazonaws.com/f?AWSAccessKeyId=AKIA{base32:16}&Expires=1700000000&Signature={alnum:27}%3D' },
  { id: 'tls-key', line: 'key = "-----BEGIN PRI' + 'VATE KEY-----\\n{base64:64}\\n{base64:64}\\n{base64:64}\\n{base64:64}\\n-----END PRI' + 'VATE KEY-----"' },
  { id: 'storage-secret', line: 'LANGFUSE_S3_MEDIA_UPLOAD_SECRET_ACCESS_KEY={base64:86}==' },
  { id: 'key-name-slug', line: 'OPENAI_API_KEY=teamplatformproduction2024' },
  { id: 'key-file', line: 'ANTHROPIC_API_KEY_FILE=/run/secrets/anthropic-{lower-alnum:8}' },
  { id: 'key-hash', line: 'OPENAI_API_KEY_SHA256={hex:64}' },
  { id: 'fw-identifier', line: 'int fw_upload_image_to_device_slot = fw_{lower:24};' },
  { id: 'hf-path', line: 'cache = "/models/hf_{lower:10}/snapshots/{hex:40}"' },
  { id: 'npm-integrity', line: '    resolved "https://registry.test/openai/-/openai-4.0.0.tgz#{hex:40}"' },
  { id: 'go-sum', line: 'github.com/sashabaranov/go-openai v1.20.0 h1:{base64:43}=' },
  { id: 'docker-digest', line: 'FROM ghcr.io/acme/openai-proxy@sha256:{hex:64}' },
  { id: 'commit-key', line: 'cache-key: openai-{hex:40}' },
  { id: 'sri-mistral', line: '<script src="mistral.js" integrity="sha384-{base64:64}"></script>' },
  { id: 'cohere-token-ids', line: '"cohere_token": "{digit:40}"' },
  { id: 'azure-tenant', line: 'AZURE_OPENAI_TENANT_ID={uuid}' },
  { id: 'azure-connection', line: 'AZURE_OPENAI_KEY_VAULT_URL=https://kv-{lower-alnum:20}.vault.azure.net' },
  { id: 'stars', line: 'ANTHROPIC_API_KEY=sk-ant-api03-***************************************AA' },
  { id: 'template-percent', line: 'OPENAI_API_KEY=%OPENAI_API_KEY%' },
  { id: 'json-schema', line: '"OPENAI_API_KEY": {{ "type": "string", "description": "key", "pattern": "^sk-[A-Za-z0-9]{{48}$" },' },
  { id: 'openai-fake', line: "process.env.OPENAI_API_KEY = 'sk-test-fake-key-for-unit-tests-0123456789';" },
  { id: 'anthropic-fake', line: "apiKey: 'sk-ant-api03-fake-key-for-testing-purposes-only-do-not-use-in-production-0000'" },
  { id: 'groq-fake', line: 'GROQ_API_KEY=gsk_testtesttesttesttesttesttesttesttesttesttesttesttest' },
  { id: 'gemini-fake', line: 'GEMINI_API_KEY=AIzaSyDummyKeyForTesting1234567890abcdef' },
];

/** Files with references; `«PROVIDER:NAME»` marks the line and is taken out. */
const REFERENCES: readonly { readonly platform: string; readonly path: string; readonly text: string }[] = [
  {
    platform: 'github-actions',
    path: '.github/workflows/«n».yml',
    text: `name: evals
on: [push]
env:
  OPENAI_API_KEY: \${{ secrets.OPENAI_API_KEY }} «openai:OPENAI_API_KEY»
jobs:
  evals:
    runs-on: ubuntu-latest
    env: { GROQ_API_KEY: "\${{ secrets.GROQ_API_KEY }}" } # «groq:GROQ_API_KEY»
    steps:
      - uses: actions/checkout@v5
      - run: npm run evals
        env:
          KEY: \${{ secrets['ANTHROPIC_API_KEY'] || secrets.CLAUDE_API_KEY }} «anthropic:ANTHROPIC_API_KEY»
      - uses: some/action@v1
        with:
          mistral-key: \${{ secrets.MISTRAL_API_KEY }} «mistral:MISTRAL_API_KEY»
      - run: curl -H "x-api-key: \${{ secrets.COHERE_API_KEY }}" https://x.test «cohere:COHERE_API_KEY»
  call:
    uses: ./.github/workflows/reusable.yml
    secrets:
      hf: \${{ secrets.HF_TOKEN }} «huggingface:HF_TOKEN»
`,
  },
  {
    platform: 'gitlab-ci',
    path: 'gitlab/«n»/.gitlab-ci.yml',
    text: `stages: [test]
variables:
  CLAUDE: $ANTHROPIC_API_KEY «anthropic:ANTHROPIC_API_KEY»
evals:
  stage: test
  variables:
    OPENAI_KEY: "\${OPENAI_API_KEY}" «openai:OPENAI_API_KEY»
  script:
    - python run.py --key "$MISTRAL_API_KEY" «mistral:MISTRAL_API_KEY»
`,
  },
  {
    platform: 'kubernetes',
    path: 'deploy/«n».yaml',
    text: `apiVersion: apps/v1
kind: Deployment
metadata: { name: bot }
spec:
  template:
    spec:
      containers:
        - name: bot
          image: bot:1
          env:
            - name: ANTHROPIC_API_KEY «anthropic:ANTHROPIC_API_KEY»
              valueFrom:
                secretKeyRef: { name: anthropic, key: api-key }
            - name: OPENAI_API_KEY «openai:OPENAI_API_KEY»
              valueFrom:
                secretKeyRef:
                  name: openai
                  key: key
`,
  },
  {
    platform: 'docker-compose',
    path: 'compose/«n»/docker-compose.yml',
    text: `services:
  api:
    image: api
    environment:
      - OPENAI_API_KEY «openai:OPENAI_API_KEY»
      - GROQ=\${GROQ_API_KEY} «groq:GROQ_API_KEY»
  web:
    environment:
      GEMINI_API_KEY: \${GEMINI_API_KEY:-} «google-gemini:GEMINI_API_KEY»
`,
  },
  { platform: 'dockerfile', path: 'images/«n»/Dockerfile', text: `FROM python:3.13\nARG HF_TOKEN «huggingface:HF_TOKEN»\nENV OPENAI_API_KEY=$OPENAI_API_KEY «openai:OPENAI_API_KEY»\nRUN --mount=type=secret,id=ANTHROPIC_API_KEY cat /run/secrets/x «anthropic:ANTHROPIC_API_KEY»\n` },
  {
    platform: 'terraform',
    path: 'infra/«n».tf',
    text: `variable "openai_api_key" { «openai:openai_api_key»
  type      = string
  sensitive = true
}
resource "aws_lambda_function" "bot" {
  environment {
    variables = {
      ANTHROPIC_API_KEY = var.anthropic_api_key «anthropic:ANTHROPIC_API_KEY»
    }
  }
}
`,
  },
  { platform: 'dotenv', path: 'apps/«n»/.env.example', text: `OPENAI_API_KEY= «openai:OPENAI_API_KEY»\nexport ANTHROPIC_API_KEY= «anthropic:ANTHROPIC_API_KEY»\nPORT=3000\n` },
  {
    platform: 'agent-config',
    path: 'agents/«n»/.mcp.json',
    text: `{
  "mcpServers": {
    "search": {
      "command": "npx",
      "env": {
        "TAVILY_API_KEY": "\${TAVILY_API_KEY}", «tavily:TAVILY_API_KEY»
        "OPENAI_API_KEY": "\${OPENAI_API_KEY:-}" «openai:OPENAI_API_KEY»
      }
    }
  }
}
`,
  },
  { platform: 'code', path: 'src/«n».ts', text: `import OpenAI from 'openai';\nimport Anthropic from '@anthropic-ai/sdk';\n// process.env.COHERE_API_KEY is not used\nconst a = new OpenAI({ apiKey: process.env.OPENAI_API_KEY }); «openai:OPENAI_API_KEY»\nconst { GROQ_API_KEY } = process.env; «groq:GROQ_API_KEY»\nconst c = new Anthropic(); «anthropic:ANTHROPIC_API_KEY»\nconst d = process.env['MISTRAL_API_KEY']; «mistral:MISTRAL_API_KEY»\n` },
  { platform: 'code', path: 'py/«n».py', text: `import os\nfrom openai import OpenAI\nfrom anthropic import Anthropic\nclient = OpenAI(api_key=os.environ["OPENAI_API_KEY"]) «openai:OPENAI_API_KEY»\nkey = os.getenv("COHERE_API_KEY", "") «cohere:COHERE_API_KEY»\nclaude = Anthropic() «anthropic:ANTHROPIC_API_KEY»\n` },
  { platform: 'code', path: 'go/«n».go', text: `package main\n\nimport "os"\n\nfunc key() string { return os.Getenv("OPENAI_API_KEY") } «openai:OPENAI_API_KEY»\n` },
  { platform: 'code', path: 'java/«n».java', text: `class A {\n  String k = System.getenv("ANTHROPIC_API_KEY"); «anthropic:ANTHROPIC_API_KEY»\n}\n` },
  { platform: 'code', path: 'ruby/«n».rb', text: `require 'openai'\nclient = OpenAI::Client.new(access_token: ENV.fetch("OPENAI_API_KEY")) «openai:OPENAI_API_KEY»\nk = ENV['GROQ_API_KEY'] «groq:GROQ_API_KEY»\n` },
  { platform: 'code', path: 'cs/«n».cs', text: `using System;\nvar k = Environment.GetEnvironmentVariable("OPENAI_API_KEY"); «openai:OPENAI_API_KEY»\n` },
  { platform: 'code', path: 'sh/«n».sh', text: `#!/bin/sh\ncurl -H "x-api-key: $ANTHROPIC_API_KEY" https://api.anthropic.com/v1/messages «anthropic:ANTHROPIC_API_KEY»\n: "\${OPENAI_API_KEY:?missing}" «openai:OPENAI_API_KEY»\n` },
];

/** A line that means nothing in one kind of file may be an assignment in another. */
const TRAP_FILES = ['txt', 'env', 'py', 'yaml', 'ts', 'sh', 'md', 'json', 'toml', 'tf'] as const;

const WORDS = 'request response handler message stream client server buffer index value result options context provider model agent tool chat input output parse render update select table schema config'.split(' ');

/** Writes the corpus below `root` (which is emptied) as a git repository, and returns what stands where. */
export function writeCorpus(root: string, seed: number, size: { readonly perShape: number; readonly traps: number; readonly references: number }): Corpus {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  const secrets: SecretLabel[] = [];
  const traps: TrapLabel[] = [];
  const references: ReferenceLabel[] = [];
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=corpus', '-c', 'user.email=corpus@example.test', '-c', 'commit.gpgsign=false', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_DATE: '2026-02-11T10:00:00Z', GIT_COMMITTER_DATE: '2026-02-11T10:00:00Z' },
    });
  const write = (path: string, text: string, encoding: 'utf8' | 'utf16le' = 'utf8'): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, encoding);
  };
  const prose = (lines: number): string => Array.from({ length: lines }, () => `// ${Array.from({ length: 8 }, () => pick(WORDS)).join(' ')}`).join('\n');

  git('init', '-q', '-b', 'main');
  const removed: string[] = [];
  for (const shape of SHAPES) {
    const fitting = DRESSES.filter((dress) => shape.bare !== true || dress.shapedOnly !== true);
    // Each shape starts elsewhere, so that a small corpus shows all dresses too.
    const first = Math.floor(random() * fitting.length);
    for (let copy = 0; copy < size.perShape; copy += 1) {
      const dress = fitting[(first + copy) % fitting.length];
      if (dress === undefined) continue;
      const key = expandRecipe(shape.recipe.replace('{same-letter}', pick([...'ABCDEFGHIJKL'])), random).text;
      const text = dress.write(shape.env, key);
      // Shifted by each turn through the dresses, so that every dress is also seen in history.
      const history = (copy + Math.floor(copy / fitting.length)) % 5 === 4;
      const name = dress.extension === 'Dockerfile' ? 'Dockerfile' : dress.extension === 'env' ? '.env' : dress.id === 'compose' ? 'docker-compose.yml' : dress.id === 'mcp' ? '.mcp.json' : `settings.${dress.extension}`;
      const path = `${history ? 'gone' : 'services'}/${shape.id}-${copy}/${name}`;
      write(path, text, dress.id === 'utf-16' ? 'utf16le' : 'utf8');
      if (history) removed.push(path);
      const line = lineOfKey(text, key, shape.env);
      secrets.push({ path, line, shape: shape.id, provider: shape.provider, grade: shape.grade, dress: dress.id, history, key });
    }
  }
  for (let copy = 0; copy < size.traps; copy += 1) {
    const lines = [prose(2)];
    const path = `app/${pick(WORDS)}-${copy}.${TRAP_FILES[copy % TRAP_FILES.length] ?? 'txt'}`;
    for (const trap of TRAPS) {
      lines.push(expandRecipe(trap.line, random).text);
      traps.push({ path, line: lines.join('\n').split('\n').length, trap: trap.id });
    }
    write(path, `${lines.join('\n')}\n`);
  }
  for (let copy = 0; copy < size.references; copy += 1) {
    for (const { platform, path, text } of REFERENCES) {
      const at = path.replace('«n»', `${platform}-${copy}`);
      const clean = text.split('\n').map((line, index) => {
        const mark = /\s*(?:# )?«([a-z-]+):(\w+)»/.exec(line);
        if (mark === null) return line;
        references.push({ path: at, line: index + 1, provider: mark[1] ?? '', name: mark[2] ?? '', platform });
        return line.replace(mark[0], '');
      });
      write(at, clean.join('\n'));
    }
  }
  git('add', '-A', '-f');
  git('commit', '-q', '-m', 'first');
  for (let start = 0; start < removed.length; start += 500) git('rm', '-q', ...removed.slice(start, start + 500));
  git('commit', '-q', '-m', 'keys removed');
  return { secrets, traps, references };
}

/** The line that shows the key, its encoded form, or, failing both, the variable. */
function lineOfKey(text: string, key: string, name: string): number {
  const lines = text.split(/\r?\n/);
  const at = lines.findIndex((line) => line.includes(key));
  if (at >= 0) return at + 1;
  const encoded = lines.findIndex((line) => line.includes(base64(key)) || /^ +(?:config|app)?\.(?:env|json): /.test(line) || line.includes(percent(key)) || line.includes(unicodeEscaped(key)));
  if (encoded >= 0) return encoded + 1;
  return Math.max(0, lines.findIndex((line) => line.includes(name))) + 1;
}
