import { describe, expect, test } from 'vitest';
import { eventsOf, mayRunOn, mayStrangersCause } from '../src/platforms/_shared/github-events.ts';

describe('events that a condition lets run', () => {
  test.each([
    ['', 'pull_request', true],
    ["github.event_name == 'push'", 'push', true],
    ["github.event_name == 'push'", 'pull_request', false],
    ["${{ github.event_name != 'pull_request' }}", 'pull_request', false],
    ["'PULL_REQUEST' == github.event_name", 'pull_request', true],
    ["(github.event_name == 'push' || github.event_name == 'schedule') && needs.a.result == 'success'", 'pull_request', false],
    ["(github.event_name == 'push' || github.event_name == 'schedule') && needs.a.result == 'success'", 'schedule', true],
    ["github.event_name == 'push' || contains(github.event.pull_request.labels.*.name, 'run (all)')", 'pull_request', true],
    ["!(github.event_name == 'pull_request')", 'pull_request', false],
    ["!cancelled() && github.event_name == 'push'", 'pull_request', false],
    ["always()", 'pull_request', true],
    ["github.ref == 'refs/heads/main'", 'pull_request', false],
    ["startsWith(github.ref, 'refs/tags/v')", 'pull_request', false],
    ["startsWith(github.ref, 'refs/tags/v')", 'push', true],
    ["github.event_name == 'push' && 'a || b' == env.X", 'pull_request', false],
    ["github.event_name == 'push') || (true", 'pull_request', true],
    ["(github.event_name) == 'push'", 'pull_request', true],
    ['&& ||', 'pull_request', true],
  ])('%s for %s: %s', (condition, event, expected) => {
    expect(mayRunOn(condition, event)).toBe(expected);
  });

  test('a branch', () => {
    expect(mayRunOn("github.ref == 'refs/heads/main'", 'push', 'dev')).toBe(false);
    expect(mayRunOn("github.ref_name != 'dev'", 'push', 'dev')).toBe(false);
    expect(mayRunOn("github.ref_name == 'dev' || github.event_name == 'schedule'", 'push', 'dev')).toBe(true);
  });

  test.each([
    ['', true],
    ["github.actor == 'ada'", false],
    ["'ada' == github.event.comment.user.login && contains(github.event.comment.body, '/ask')", false],
    ["github.event.comment.author_association == 'OWNER' || github.event.comment.author_association == 'MEMBER'", false],
    [`contains(fromJSON('["OWNER", "MEMBER", "COLLABORATOR"]'), github.event.comment.author_association) && contains(github.event.comment.body, '@claude')`, false],
    ["github.event.comment.author_association != 'NONE'", false],
    ['github.actor == github.repository_owner', false],
    ["github.event_name == 'workflow_dispatch' || github.actor == 'ada'", false],
    // The person who wrote the issue is not the one who comments on it.
    ["github.event.issue.user.login == 'ada'", true],
    ["github.actor != 'dependabot[bot]'", true],
    ["contains(github.actor, 'bot')", true],
    ["contains(github.event.comment.body, '@claude')", true],
    ["github.actor == 'ada' || contains(github.event.comment.body, '@claude')", true],
    [`contains(fromJSON('["NONE", "MEMBER"]'), github.event.comment.author_association)`, true],
  ])('strangers who comment: %s: %s', (condition, expected) => {
    expect(mayStrangersCause(condition, 'issue_comment')).toBe(expected);
  });

  test('what is left of the triggers', () => {
    expect(eventsOf("github.event_name != 'pull_request'", ['push', 'pull_request', 'schedule'])).toEqual(['push', 'schedule']);
  });

  test.each(['('.repeat(4000), '!'.repeat(4000), 'a(' .repeat(1300), `${'a && '.repeat(700)}b`])('hostile text neither throws nor decides', (condition) => {
    expect(mayRunOn(condition, 'push')).toBe(true);
  });
});
