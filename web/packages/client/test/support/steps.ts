// Steps in a page of an engine: each waits until it can be done.
import type { Engine } from './engine.js';

const PATIENCE = 15_000;
const quoted = JSON.stringify;

/** Returns the expression of an element. */
export const find = (selector: string) => `document.querySelector(${quoted(selector)})`;

/** Returns the expression of a button or a link by its text. */
export const named = (words: RegExp, among = 'button') =>
  `[...document.querySelectorAll(${quoted(among)})].find((b) => ${words}.test(b.textContent))`;

export function stepsIn(browser: Engine) {
  /** Runs an expression until it is true. While a page gives way to the next one, it fails, and is tried again. */
  const untilTrue = async (expression: string): Promise<void> => {
    let last: unknown;
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      last = await browser.evaluate(`return ${expression}`).catch((error: unknown) => String(error));
      if (last === true) return;
      await new Promise((done) => setTimeout(done, 50));
    }
    const [address, page] = [
      await browser.address(),
      await browser.evaluate('return document.body.innerText'),
    ];
    throw new Error(`${expression} is ${String(last)} at ${address}\n${String(page)}`);
  };
  return {
    untilTrue,
    until: (selector: string, isThere = true) => untilTrue(`Boolean(${find(selector)}) === ${isThere}`),
    untilText: (selector: string, text: string) =>
      untilTrue(`Boolean(${find(selector)}) && ${find(selector)}.textContent.includes(${quoted(text)})`),
    clickOn: async (element: string) => {
      await untilTrue(`Boolean(${element} && !${element}.disabled)`);
      await browser.evaluate(`${element}.click()`);
    },
    /** Types as React hears it: by the setter of the element itself, and an event. */
    fill: async (selector: string, value: string) => {
      await untilTrue(`Boolean(${find(selector)})`);
      await browser.evaluate(
        `const input = ${find(selector)}; const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), 'value').set;
         set.call(input, ${quoted(value)}); input.dispatchEvent(new Event('input', { bubbles: true }))`,
      );
    },
    text: (selector: string) => browser.evaluate(`return ${find(selector)}.textContent`),
  };
}
