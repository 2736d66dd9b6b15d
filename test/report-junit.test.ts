import { describe, expect, test } from 'vitest';
import { render } from '../src/report/index.ts';
import { xmlText } from '../src/support/xml.ts';
import { hostileInventory, plainOptions, richInventory } from './report-sample.ts';

describe('the report', () => {
  test('a credential is a case: failed at or above --fail-on, skipped when accepted or doubtful', async () => {
    const text = await render('junit', richInventory(), plainOptions);
    expect(text).toContain('<testsuites name="dekey" tests="6" failures="1" errors="0" skipped="2">');
    expect(text).toContain('<testcase classname="dekey.anthropic" name="Anthropic API key sk-ant-api03-\u2026f3AA (c-1)" time="0">');
    expect(text).toContain('<failure type="critical" message="critical 96: Anthropic API key sk-ant-api03-\u2026f3AA">');
    expect(text).toContain('  support-bot/src/agent/client.ts:14\n');
    expect(text).toContain('  +38 in public history\n');
    expect(text).toContain('<skipped message="revoked in 2024, kept for the parser test"/>');
    expect(text).toContain('<skipped message="low confidence: a person should look"/>');
  });

  test('the level decides', async () => {
    expect(await render('junit', richInventory(), { ...plainOptions, failOn: 'none' })).toContain('failures="0"');
    expect(await render('junit', richInventory(), { ...plainOptions, failOn: 'medium' })).toContain('failures="2"');
  });

  test('hostile names leave it well formed', async () => {
    const text = await render('junit', hostileInventory(), plainOptions);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/);
    const elements = text.replace(/<\/?(?:testsuites?|testcase|failure|skipped)(?: [a-z]+="[^"<]*")*\/?>|<\?xml version="1.0" encoding="UTF-8"\?>/g, '');
    expect(elements).not.toMatch(/[<>]/);
    expect(elements.replace(/&(?:amp|lt|gt|quot|apos|#\d+);/g, '')).not.toContain('&');
  });
});

test('text for XML: five signs escaped, blanks kept, what XML cannot hold dropped', () => {
  expect(xmlText('<a b="c">&\'\t\n\u0000\u001b\ufffe\ud800x\ud83d\ude00')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#9;&#10;x\ud83d\ude00');
});
