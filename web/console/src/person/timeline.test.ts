import { expect, test } from 'vitest';
import { say, type Word } from '../words';
import { mergeUndoneBy, tell, type Entry } from './timeline';

const RULES = [
  'R1', 'R1b', 'R1c', 'R2', 'R3', 'R4a', 'R4b', 'R4c', 'R4d', 'R4e', 'R5', 'R6', 'R7', 'R8', 'R9', 'R11', 'R12', 'R13', 'R14', 'R15',
  'R16', 'IMPORT',
] as const; // prettier-ignore
const OTHER = 'usr_01a22848cb6c776c870771e610806d4d';
const inEnglish = (word: Word, blanks?: Record<string, string | number>) => say('en', word, blanks);
const inChinese = (word: Word, blanks?: Record<string, string | number>) => say('zh', word, blanks);

function entry(changes: Partial<Omit<Entry, 'evidence'>> & { evidence?: Partial<Entry['evidence']> }): Entry {
  const { evidence, ...others } = changes;
  return {
    id: 'evt_1',
    rule: 'R3',
    actor: 'PERSON',
    at: '2026-01-01T00:00:00Z',
    undoneAt: null,
    otherUserId: null,
    ...others,
    evidence: {
      app: null,
      openId: null,
      unionScope: null,
      unionId: null,
      maskedPhone: null,
      externalId: null,
      decision: null,
      reason: null,
      ...evidence,
    },
  };
}

const english = (one: Entry, others: readonly Entry[] = [], former: readonly string[] = []) =>
  tell(one, [one, ...others], new Set(former), inEnglish);

test.each(RULES)('%s is a sentence without an open blank, in both languages', (rule) => {
  for (const words of [inEnglish, inChinese]) {
    const { text } = tell(entry({ rule, otherUserId: OTHER }), [], new Set(), words);
    expect(text).toMatch(/[.。]$/);
    expect(text).not.toMatch(/[{}]|undefined|null/);
  }
});

test('a first login names its app', () => {
  expect(english(entry({ evidence: { app: 'shop' } }))).toEqual({
    kind: 'begin',
    text: 'First login, through shop: the account was created.',
  });
});

test('R1c is a merge if the other account was merged, and a doubt if it was not', () => {
  const both = entry({ rule: 'R1c', otherUserId: OTHER, evidence: { app: 'club' } });

  expect(english(both, [], [OTHER]).kind).toBe('merge');
  expect(english(both)).toEqual({
    kind: 'refused',
    text: 'The unionId from club belongs to usr_01a228…06d4d. Nothing was moved.',
  });
});

test('the undo of a merge is told from the merge by its time', () => {
  const at = '2026-01-02T00:00:00Z';
  const merge = entry({ id: 'evt_m', rule: 'R14', otherUserId: OTHER, undoneAt: at, actor: 'OPERATOR' });
  const undo = entry({ id: 'evt_u', rule: 'R14', otherUserId: OTHER, at, actor: 'OPERATOR' });

  expect(mergeUndoneBy(undo, [undo, merge])).toBe(merge);
  expect(english(undo, [merge]).kind).toBe('undo');
  expect(english(merge, [undo]).kind).toBe('merge');
});

test.each([
  ['MERGE', 'merge', 'An operator merged usr_01a228…06d4d and this account.'],
  ['KEEP_APART', 'decided', 'An operator decided that usr_01a228…06d4d is another person.'],
  ['GIVE_PHONE', 'decided', 'An operator gave the phone +86*******0001 to the account that proved it.'],
] as const)('the decision %s of an operator is told', (decision, kind, text) => {
  const one = entry({
    rule: 'R14',
    actor: 'OPERATOR',
    otherUserId: OTHER,
    evidence: { decision, maskedPhone: '+86*******0001' },
  });

  expect(english(one)).toEqual({ kind, text });
});

test('a phone that an operator set is told', () => {
  const one = entry({ rule: 'R14', actor: 'OPERATOR', evidence: { maskedPhone: '+86*******0001' } });

  expect(english(one)).toEqual({ kind: 'phone', text: 'An operator set the phone to +86*******0001.' });
});
