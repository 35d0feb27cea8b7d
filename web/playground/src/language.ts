// The language of the page: the person's choice, else the browser's preference.
import { useSyncExternalStore } from 'react';
import { languageOf, type Language } from './words';

const CHOICE = 'guiyi:language';
const watchers = new Set<() => void>();
let language: Language = firstLanguage();

export function currentLanguage(): Language {
  return language;
}

export function chooseLanguage(chosen: Language) {
  language = chosen;
  localStorage.setItem(CHOICE, chosen);
  for (const tell of watchers) tell();
}

export function useLanguage(): Language {
  return useSyncExternalStore((tell) => {
    watchers.add(tell);
    return () => watchers.delete(tell);
  }, currentLanguage);
}

function firstLanguage(): Language {
  const choice = localStorage.getItem(CHOICE);
  return choice === 'en' || choice === 'zh' ? choice : languageOf(navigator.languages);
}
