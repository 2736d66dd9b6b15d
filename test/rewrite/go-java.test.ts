import { describe, expect, test } from 'vitest';
import { go } from '../../src/rewrite/code/go.ts';
import { goMod } from '../../src/rewrite/code/go-mod.ts';
import { java } from '../../src/rewrite/code/java.ts';
import { javaManifests } from '../../src/rewrite/code/java-manifests.ts';
import { contextFor, edited, replacementFor } from './code-kit.ts';

const context = contextFor([replacementFor('anthropic'), replacementFor('openai')]);
const goFile = (body: string, imports = ''): string => `package main\n\nimport (\n\t"os"\n${imports}\n\t"github.com/anthropics/anthropic-sdk-go"\n\t"github.com/anthropics/anthropic-sdk-go/option"\n)\n\nfunc f() {\n${body}}\n`;

describe('go', () => {
  test('a local that would be left without a use keeps the key', async () => {
    const text = goFile('\tmessage := "no key"\n\tkey := os.Getenv("ANTHROPIC_API_KEY")\n\tif key == "" {\n\t\tpanic(message)\n\t}\n\tanthropic.NewClient(option.WithAPIKey(key))\n');
    const { after, notes } = await edited(go, 'a.go', text, context);
    expect(after).toBe(text);
    expect(notes.join('\n')).toContain('shares its lines or its variables');
  });
  test('a check that has the read in its head', async () => {
    expect((await edited(go, 'a.go', goFile('\tif key := os.Getenv("ANTHROPIC_API_KEY"); key == "" {\n\t\tpanic("no key")\n\t}\n\tanthropic.NewClient(option.WithMaxRetries(1))\n'), context)).after).toBe('package main\n\nimport (\n\t"github.com/anthropics/anthropic-sdk-go"\n\t"github.com/anthropics/anthropic-sdk-go/option"\n)\n\nfunc f() {\n\tanthropic.NewClient(option.WithMaxRetries(1))\n}\n');
  });
  test('options that are collected, and keys of others, are refused', async () => {
    const { notes } = await edited(go, 'a.go', goFile('\topts := []option.RequestOption{option.WithAPIKey(os.Getenv("ANTHROPIC_API_KEY"))}\n\tanthropic.NewClient(opts...)\n\tprintln(os.Getenv("OPENAI_API_KEY"))\n'), context);
    expect(notes).toEqual([expect.stringContaining('not handed to NewClient at once'), expect.stringContaining('OPENAI_API_KEY is read for something other')]);
  });
  test('modules', async () => {
    expect((await edited(goMod, 'go.mod', 'require (\n\tgithub.com/anthropics/anthropic-sdk-go v1.39.1 // indirect\n)\n', context)).after).toContain('v1.40.0 // indirect');
    expect((await edited(goMod, 'go.mod', 'require github.com/anthropics/anthropic-sdk-go v1.41.0\n', context)).notes).toEqual([]);
    expect((await edited(goMod, 'go.mod', 'require github.com/anthropics/anthropic-sdk-go v1.2.0\nreplace github.com/anthropics/anthropic-sdk-go => ../sdk\n', context)).notes).toEqual([expect.stringContaining('replaced by another')]);
  });
});

describe('java', () => {
  test('a key that is used elsewhere, and one in the source', async () => {
    const text = 'import com.anthropic.client.okhttp.AnthropicOkHttpClient;\nclass A { void f() {\n  String key = System.getenv("ANTHROPIC_API_KEY");\n  log(key);\n  AnthropicOkHttpClient.builder().apiKey(key).build();\n  AnthropicOkHttpClient.builder().apiKey("x").build();\n  AnthropicOkHttpClient.builder().baseUrl("https://x").apiKey(System.getenv("ANTHROPIC_API_KEY")).build();\n} }\n';
    const { after, notes } = await edited(java, 'A.java', text, context);
    expect(after).toBe(text);
    expect(notes).toEqual([expect.stringContaining('used for something else'), expect.stringContaining('literal-key'), expect.stringContaining('address or a backend of its own')]);
  });
  test('gradle', async () => {
    expect((await edited(javaManifests, 'build.gradle', "implementation 'com.anthropic:anthropic-java:2.1.0'\n", context)).after).toBe("implementation 'com.anthropic:anthropic-java:2.29.0'\n");
    expect((await edited(javaManifests, 'gradle/libs.versions.toml', '[libraries]\nanthropic = { module = "com.anthropic:anthropic-java", version = "2.1.0" }\n', context)).after).toContain('version = "2.29.0"');
  });
});

test('no text makes them throw', async () => {
  const source = goFile('\tkey := os.Getenv("ANTHROPIC_API_KEY")\n\tif key == "" {\n\t\tpanic(1)\n\t}\n\tanthropic.NewClient(option.WithAPIKey(key))\n');
  for (let end = 0; end <= source.length; end += 3) await edited(go, 'a.go', source.slice(0, end), context);
});
