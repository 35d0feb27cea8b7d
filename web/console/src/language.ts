// The language of the page: the operator's choice, else the browser's preference.
import { useCallback, useSyncExternalStore } from 'react';
import { languageOf, say, type Language, type Word } from './words';

const CHOICE = 'guiyi.console.language';
const watchers = new Set<() => void>();
let language: Language = 'en';

export function currentLanguage(): Language {
  return language;
}

/** Reads the language of an earlier choice or of the browser. */
export function beginLanguage(): void {
  show(languageOf(localStorage.getItem(CHOICE), navigator.languages));
}

export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(CHOICE, chosen);
  show(chosen);
}

export function useLanguage(): Language {
  return useSyncExternalStore((tell) => {
    watchers.add(tell);
    return () => watchers.delete(tell);
  }, currentLanguage);
}

export type Say = (word: Word, blanks?: Record<string, string | number>) => string;

/** Returns the function that says a text in the language of the page. */
export function useWords(): Say {
  const chosen = useLanguage();
  return useCallback((word, blanks) => say(chosen, word, blanks), [chosen]);
}

function show(chosen: Language): void {
  language = chosen;
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
  for (const tell of watchers) tell();
}
