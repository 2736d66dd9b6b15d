/** Events of a pull request from this repository or a fork: their `github.ref` is `refs/pull/N/merge`. */
export const PULLS: ReadonlySet<string> = new Set(['pull_request', 'pull_request_review', 'pull_request_review_comment']);

/** True, false, or undefined when the expression alone does not say. */
type Truth = boolean | undefined;

/** Whoever causes the run, and the roles of people who have none. */
const CAUSES = /^github\.(?:actor|triggering_actor|event\.sender\.login)$/;
const ACTED = /^github\.event\.(\w+)\.(?:user\.login|author_association)$/;
const STRANGERS = /\b(?:NONE|FIRST_TIMER|FIRST_TIME_CONTRIBUTOR|MANNEQUIN)\b/i;
/** What of an event the person who causes it has written. */
const SUBJECTS: Readonly<Record<string, string>> = { issue_comment: 'comment', issues: 'issue', pull_request_review: 'review', pull_request_review_comment: 'comment', discussion: 'discussion', discussion_comment: 'comment' };

/** Longest condition, and most parentheses and negations, that are looked into. */
const LONGEST = 4000;
const DEEPEST = 100;

/**
 * Whether a job or step with this condition may run for `event`. What the condition asks beyond the event is taken as possible, so `false` is certain.
 *
 * @param condition with or without `${{ }}`; '' for none.
 * @param branch the one that the run is for; undefined for any.
 */
export function mayRunOn(condition: string, event: string, branch?: string): boolean {
  if (condition.length > LONGEST || condition.split(/[(!]/, DEEPEST + 2).length > DEEPEST) return true;
  return new Condition(condition, event, branch).holds() !== false;
}

/** Whether a person with no rights in the repository may cause a run for `event` that this condition lets through: a condition may name who may, or ask for a role. */
export function mayStrangersCause(condition: string, event: string): boolean {
  if (condition.length > LONGEST || condition.split(/[(!]/, DEEPEST + 2).length > DEEPEST) return true;
  return new Condition(condition, event, undefined, true).holds() !== false;
}

/** Events of `triggers` for which a job with this condition may run. */
export function eventsOf(condition: string, triggers: readonly string[]): readonly string[] {
  return triggers.filter((trigger) => mayRunOn(condition, trigger));
}

/** Reads `||`, `&&`, `!` and parentheses; everything else is a term that is looked at as a whole. */
class Condition {
  readonly #tokens: readonly string[];
  readonly #event: string;
  readonly #branch: string | undefined;
  /** What names the person who causes the run has to name a stranger. */
  readonly #stranger: boolean;
  #at = 0;

  constructor(condition: string, event: string, branch: string | undefined, stranger = false) {
    const inner = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(condition)?.[1] ?? condition;
    // Strings first: an operator inside one is none.
    this.#tokens = inner.match(/'(?:[^']|'')*'|\|\||&&|==|!=|[()!,]|[^\s'|&=!(),]+|[|&=]/g) ?? [];
    this.#event = event;
    this.#branch = branch;
    this.#stranger = stranger;
  }

  holds(): Truth {
    if (this.#tokens.length === 0) return undefined;
    const truth = this.#either();
    return this.#at === this.#tokens.length ? truth : undefined;
  }

  #either(): Truth {
    let truth = this.#both();
    while (this.#tokens[this.#at] === '||') {
      this.#at += 1;
      const right = this.#both();
      truth = truth === true || right === true ? true : truth === false && right === false ? false : undefined;
    }
    return truth;
  }

  #both(): Truth {
    let truth = this.#one();
    while (this.#tokens[this.#at] === '&&') {
      this.#at += 1;
      const right = this.#one();
      truth = truth === false || right === false ? false : truth === true && right === true ? true : undefined;
    }
    return truth;
  }

  #one(): Truth {
    const token = this.#tokens[this.#at];
    if (token === '!') {
      this.#at += 1;
      const truth = this.#one();
      return truth === undefined ? undefined : !truth;
    }
    if (token === '(') {
      this.#at += 1;
      const truth = this.#either();
      if (this.#tokens[this.#at] === ')') this.#at += 1;
      // `(a || b) == c` compares what is no event.
      return this.#isCompared() ? this.#rest() : truth;
    }
    return this.#term();
  }

  #isCompared(): boolean {
    return ['==', '!='].includes(this.#tokens[this.#at] ?? '');
  }

  /** Steps over the rest of a term of no interest. */
  #rest(): undefined {
    for (let depth = 0; this.#at < this.#tokens.length; this.#at += 1) {
      const token = this.#tokens[this.#at];
      if (depth === 0 && (token === '||' || token === '&&' || token === ')')) break;
      if (token === '(') depth += 1;
      if (token === ')') depth -= 1;
    }
    return undefined;
  }

  #term(): Truth {
    const from = this.#at;
    this.#rest();
    // A stray operator would stand still.
    if (this.#at === from) this.#at += 1;
    const term = this.#tokens.slice(from, this.#at);
    if (this.#stranger && this.#excludesStrangers(term)) return false;
    const [left = '', operator = '', right = ''] = term;
    const [name, text] = left.startsWith("'") ? [right, left] : [left, right];
    if (term.length === 3 && (operator === '==' || operator === '!=') && text.startsWith("'")) {
      // Texts are compared without regard to case.
      const value = text.slice(1, -1).toLowerCase();
      if (name === 'github.event_name') return (value === this.#event) === (operator === '==');
      if (name === 'github.ref' && this.#branch !== undefined) return (value === `refs/heads/${this.#branch.toLowerCase()}`) === (operator === '==');
      if (name === 'github.ref_name' && this.#branch !== undefined) return (value === this.#branch.toLowerCase()) === (operator === '==');
      if (name === 'github.ref' && operator === '==' && this.#isPullRequest() && /^refs\/(?:heads|tags)\//.test(value)) return false;
    }
    if (/^startsWith\( github\.ref , 'refs\/(?:heads|tags)/i.test(term.join(' ').replace('startsWith (', 'startsWith(')) && this.#isPullRequest()) return false;
    return undefined;
  }

  /** `github.actor == 'ada'`, `contains('OWNER,MEMBER', github.event.comment.author_association)`. */
  #excludesStrangers(term: readonly string[]): boolean {
    const isPerson = (name: string): boolean => CAUSES.test(name) || (ACTED.exec(name)?.[1] ?? '') === (SUBJECTS[this.#event] ?? '?');
    const [left = '', operator = '', right = ''] = term;
    if (term.length === 3 && operator === '==') {
      const [name, value] = isPerson(left) ? [left, right] : [right, left];
      return isPerson(name) && (value.startsWith("'") ? !STRANGERS.test(value) : value === 'github.repository_owner');
    }
    if (term.length === 3 && operator === '!=') return isPerson(left) && left.endsWith('author_association') && right.toUpperCase() === "'NONE'";
    // The person is sought in a list, not a text in the person's name.
    return left === 'contains' && isPerson(term.at(-2) ?? '') && term.at(-3) === ',' && !term.some((token) => token.startsWith("'") && STRANGERS.test(token));
  }

  /** Its `github.ref` is `refs/pull/N/merge`. */
  #isPullRequest(): boolean {
    return PULLS.has(this.#event);
  }
}
