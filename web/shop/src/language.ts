// The language of the page: `?lang=`, else the person's choice, else the browser's.
import { useSyncExternalStore } from 'react';
import { languageOf, type Language } from './words';

const CHOICE = 'hemu.language';
const watchers = new Set<() => void>();
let language: Language = 'zh';

/** Reads the language of the page. The client of Guiyi takes its own from `lang` of the page. */
export function beginLanguage(): void {
  const asked = new URLSearchParams(location.search).get('lang');
  if (asked) localStorage.setItem(CHOICE, languageOf(asked, navigator.languages));
  show(languageOf(localStorage.getItem(CHOICE), navigator.languages));
}

export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(CHOICE, chosen);
  show(chosen);
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => language,
  );
}

function show(chosen: Language): void {
  language = chosen;
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
  for (const tell of watchers) tell();
}
