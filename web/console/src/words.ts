// The texts of the console, in English and Chinese.
import type { AuditAction } from './generated';
import { acts } from './words/acts';
import { audit } from './words/audit';
import { desk } from './words/desk';
import { journal } from './words/journal';
import { person } from './words/person';
import { service } from './words/service';

export type Language = 'en' | 'zh';

/** Exported for the test that both languages have every text. */
export const WORDS = { ...desk, ...person, ...journal, ...acts, ...audit, ...service } as const;

export type Word = keyof typeof WORDS;

/** The kinds of audit events, in the order of the list. */
export const AUDIT_ACTIONS = Object.keys(audit).map((word) => word.slice('audit_'.length)) as AuditAction[];

/** A blank: `{name}`, or `{count:order|orders}` for a number with its noun. */
export const BLANK = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g;

/** Returns a text with its blanks filled in. */
export function say(language: Language, word: Word, blanks: Record<string, string | number> = {}): string {
  const [en, zh] = WORDS[word];
  return (language === 'zh' ? zh : en).replace(BLANK, (blank, name: string, one?: string, many?: string) => {
    if (!Object.hasOwn(blanks, name)) return blank;
    const value = String(blanks[name]);
    return one === undefined ? value : `${value} ${value === '1' ? one : many}`;
  });
}

/** Returns a name as a word, if there is one: the service may have learned a new one. */
export function wordOf(name: string): Word | null {
  return Object.hasOwn(WORDS, name) ? (name as Word) : null;
}

/** Returns the earlier choice, else the first language of the browser that the console speaks, else English. */
export function languageOf(chosen: string | null, preferred: readonly string[]): Language {
  if (chosen === 'en' || chosen === 'zh') return chosen;
  const spoken = preferred.map((tag) => tag.toLowerCase().split('-')[0]);
  return spoken.find((tag) => tag === 'zh' || tag === 'en') === 'zh' ? 'zh' : 'en';
}
