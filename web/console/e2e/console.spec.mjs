// The console in Chromium, against a running demo: as a support agent uses it, with the mouse and with the keyboard.
// GUIYI_URL is the address of the demo, GUIYI_SANDBOX that of its sandbox, GUIYI_TOKEN a service token with the scopes
// `orders:write` and `users:manage`. If the demo asks a second operator (FOUR_EYES=1), only the test of that runs.
// A request to another origin, and a console error, fail the test that caused them.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Company } from './company.mjs';
import { axe, DESKTOP, fits, launch, PHONE, settled, signIn, sitDown } from './desk.mjs';

const ORIGIN = new URL(process.env.GUIYI_URL).origin;
const DESK = `${ORIGIN}/console`;
const SCREENSHOTS = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../screenshots/', import.meta.url));
const FOUR_EYES = process.env.FOUR_EYES === '1';
const company = new Company({
  api: process.env.API ?? ORIGIN,
  sandbox: process.env.GUIYI_SANDBOX,
  token: process.env.GUIYI_TOKEN,
});
/** Numbers and names that no earlier run has used. */
const run = Date.now().toString(36);

const tests = {
  'the sign-in leads back to where the operator wanted to go': {
    operator: null,
    async run(page) {
      await page.goto(`${DESK}/audit?action=USERS_MERGED`);
      await page.getByRole('heading', { name: 'Support desk' }).waitFor();
      await axe(page, 'sign-in');
      await signIn(page, 'anna');
      await page.getByRole('heading', { name: 'Audit' }).waitFor();
      assert.equal(new URL(page.url()).search, '?action=USERS_MERGED');
      const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
      assert.doesNotMatch(kept, /gys_|usr_|opr_/, 'the browser keeps no token and no person');
      assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads the cookie');

      await page.locator('.me').click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.locator('a[href="/console/login"]').waitFor();
    },
  },

  '“I see only half of my orders”: found, merged and undone with the mouse': {
    async run(page) {
      const { club, shop } = await company.twoHalves('林晓', `${run}a`);
      const started = Date.now();
      await search(page, `订单号：C-${run}a`);
      await page.locator(`a[data-person="${club.id}"]`, { hasText: 'order in club' }).click();
      await page.getByRole('button', { name: 'Merge with…' }).click();
      await page.getByLabel('Something from the other half').fill(`S-${run}a`);
      await page.locator('main').getByRole('button', { name: 'Search' }).click();
      await page.locator(`a[data-person="${shop.id}"]`).click();
      await page.locator('.side').nth(1).waitFor();
      await page.getByText('The account has 3 orders.').waitFor();
      await page.getByText('Net total: ¥432.50 (3 orders).').waitFor();
      await axe(page, 'merge');
      await page.getByLabel('Reason').fill('knows the last order of both');
      const merges = countOf(page, 'mutation Merge(');
      await page.getByRole('button', { name: 'Merge the two' }).dblclick();
      await page.getByText('The two accounts are one.').waitFor();
      assert.ok(Date.now() - started < 60_000, 'from the call to the answer in less than a minute');
      assert.equal(merges(), 1, 'a double click merges once');
      await axe(page, 'merged');
      await page.getByRole('tab', { name: /Orders/ }).click();
      await page.locator('tr[data-order]').nth(2).waitFor();
      assert.equal(await page.locator('tr[data-order]').count(), 3);

      // A link to the account that is gone leads to the one that remains.
      const [survivor, former] = (await idOf(page)) === club.id ? [club.id, shop.id] : [shop.id, club.id];
      await page.goto(`${DESK}/people/${former}/timeline`);
      await page.getByText('which was merged into this account').waitFor();
      assert.equal(await idOf(page), survivor);
      await page.getByText('knows the last order of both').waitFor();
      await page.getByRole('button', { name: 'Would the rules of today still merge?' }).click();
      await page.getByText('Yes: nothing speaks against this merge today.').waitFor();
      await axe(page, 'would merge today');
      await page.getByRole('button', { name: /Undo the merge/ }).click();
      await page.getByRole('dialog').getByLabel('Reason').fill('they are two');
      await page.getByRole('dialog').getByRole('button', { name: 'Undo the merge' }).click();
      await page.getByText('is an account of its own again').waitFor();
      assert.equal(await idOf(page), former);
      await page.goto(`${DESK}/people/${survivor}/timeline`);
      await page.locator('li.undo', { hasText: 'An operator undid the merge' }).waitFor();
      await page.locator('li.merge.undone').waitFor();
    },
  },

  'the same with the keyboard only': {
    async run(page) {
      const { club, shop } = await company.twoHalves('陈静', `${run}b`);
      const { keyboard } = page;
      const started = Date.now();
      await page.goto(`${DESK}/settings`);
      await page.getByRole('heading', { name: 'Settings' }).waitFor();
      await keyboard.press('/');
      await keyboard.type(`C-${run}b`);
      await keyboard.press('Enter');
      await page.locator(`a[data-person="${club.id}"]`).waitFor();
      await keyboard.press('Enter');
      await page.getByRole('tablist').waitFor();
      assert.equal(await idOf(page), club.id);
      await keyboard.press('m');
      await page.getByLabel('Something from the other half').waitFor();
      await keyboard.type(`S-${run}b`);
      await keyboard.press('Enter');
      const other = page.locator(`a[data-person="${shop.id}"]`);
      await other.waitFor();
      await tabTo(page, `[data-person="${shop.id}"]`);
      await keyboard.press('Enter');
      await page.locator('.decide').waitFor();
      await tabTo(page, 'textarea');
      await keyboard.type('knows both phones');
      await keyboard.press('Control+Enter');
      await page.getByText('The two accounts are one.').waitFor();
      assert.ok(Date.now() - started < 60_000);
      await tabTo(page, '.note button');
      await keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await keyboard.type('a mistake');
      await keyboard.press('Control+Enter');
      await page.getByText('is an account of its own again').waitFor();
    },
  },

  'the box takes what people paste, and says what it found': {
    operator: 'chen',
    async run(page) {
      const id = await company.person('王芳', '+8613912345678');
      const session = await company.signIn('shop', id);
      const phone = `+86139${String(Date.now()).slice(-8)}`;
      await company.send(
        'mutation ($id: ID!, $phone: String!) { setPhone(id: $id, phone: $phone, reason: "test") { changed } }',
        { id: session.id, phone },
        process.env.GUIYI_TOKEN,
      );
      const spaced = `电话：${phone.slice(3, 6)} ${phone.slice(6, 10)}　${phone.slice(10)} 谢谢`;
      for (const text of [spaced, session.openId, ` ${session.id}\n`]) {
        await search(page, text);
        await page.locator(`a[data-person="${session.id}"]`).waitFor();
      }
      await search(page, phone);
      const shown = await page.locator(`a[data-person="${session.id}"]`).textContent();
      assert.ok(!shown.includes(phone.slice(3, 10)), 'the number in the list is masked');
      await search(page, `nobody-${run}`);
      await page.getByText('No one is found.').waitFor();
      await axe(page, 'nothing found');
    },
  },

  'a search that finds many says so, and pages': {
    async run(page) {
      const name = `众人${run}`;
      for (let at = 0; at < 23; at += 1) await company.signIn('shop', await company.person(`${name}${at}`));
      await search(page, name);
      await page.getByText('The first 20 people. There are more').waitFor();
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('23 people').waitFor();
      assert.equal(await page.locator('.people > li').count(), 23);
      await page.keyboard.press('/');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      const marked = await page.locator('.people > li.current a').getAttribute('data-person');
      await page.keyboard.press('Enter');
      await page.getByRole('tablist').waitFor();
      assert.equal(await idOf(page), marked);
    },
  },

  'the graph shows every key with its rule, and is saved as SVG': {
    async run(page) {
      const { person, shop } = await company.twoHalves('Graph', `${run}g`);
      await company.signIn('outlet', person);
      await page.goto(`${DESK}/people/${shop.id}/graph`);
      await page.locator('.react-flow__node').first().waitFor();
      // The person, two openIds with their apps, and one unionId.
      assert.equal(await page.locator('.react-flow__node').count(), 6);
      await page.locator('.edge-label', { hasText: 'R3' }).first().waitFor();
      await page.locator('.edge-label', { hasText: 'R2' }).first().waitFor();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save as SVG' }).click(),
      ]);
      const svg = await readFile(await file.path(), 'utf8');
      const parsed = await page.evaluate((text) => {
        const read = new DOMParser().parseFromString(text, 'image/svg+xml');
        return {
          error: read.querySelector('parsererror') !== null,
          nodes: read.querySelectorAll('g').length,
        };
      }, svg);
      assert.deepEqual(parsed, { error: false, nodes: 6 });
      assert.match(svg, /R3 · /);
      await page.getByText('The same as a table').click();
      await page.locator('.as-table td code', { hasText: shop.openId }).waitFor();
      await axe(page, 'graph');
    },
  },

  'a case is decided with the keyboard, and a second agent is told': {
    async run(page, { beside }) {
      const { club, shop } = await company.doubt('周舟', `${run}c`);
      await company.doubt('Lily', `${run}d`);
      const other = await beside('bo');
      await page.goto(`${DESK}/cases`);
      await page.locator('.list li').nth(1).waitFor();
      await page.keyboard.press('j');
      await page.locator('.list li.current').waitFor();
      const first = await page.locator('.list li.current').getAttribute('data-case');
      await page.keyboard.press('j');
      await page.locator(`.list li.current:not([data-case="${first}"])`).waitFor();
      await page.keyboard.press('k');
      await page.locator(`.list li.current[data-case="${first}"]`).waitFor();

      // The case of these two.
      await page.goto(`${DESK}/people/${club.id}/cases`);
      await page.getByRole('tabpanel').getByRole('link', { name: 'One person, two accounts?' }).click();
      await page.locator(`[data-side="${shop.id}"]`).waitFor();
      await other.goto(page.url());
      await other.locator('.decide').waitFor();
      await axe(page, 'case');
      const merge =
        (await page.locator('[data-decision]').first().getAttribute('data-decision')) === 'MERGE' ? '1' : '2';
      await page.keyboard.press(merge);
      await page.getByText('The account has 3 orders.').waitFor();
      await page.getByLabel('Reason').fill('the same person');
      await page.keyboard.press('Control+Enter');
      await page.getByText('The case is closed: Merge.').waitFor();

      await other.locator('[data-decision=KEEP_APART]').click();
      await other.getByLabel('Reason').fill('two people');
      await other.getByRole('button', { name: 'Close the case' }).click();
      await other.getByText('changed in the meantime').waitFor();
      await other.locator('code', { hasText: 'CONFLICT_CLOSED' }).waitFor();
      await axe(other, 'a case that is closed');
      await other.getByRole('button', { name: 'Look again' }).click();
      await other.locator('.decide').waitFor({ state: 'detached' });
    },
  },

  'many cases are kept apart with one reason': {
    async run(page) {
      await company.doubt('One', `${run}e`);
      await company.doubt('Two', `${run}f`);
      await page.goto(`${DESK}/cases?kind=TWO_ACCOUNTS`);
      await page.locator('.list li').nth(1).waitFor();
      const before = await page.locator('.list li').count();
      await page.locator('.list li input').nth(0).check();
      await page.locator('.list li input').nth(1).check();
      await page.locator('.bulk').getByLabel('Reason').fill('a family, one WeChat');
      await axe(page, 'bulk');
      await page.getByRole('button', { name: 'Keep all apart' }).click();
      await page.getByText('Closed: 2.').waitFor();
      await page.waitForFunction(
        (count) => document.querySelectorAll('.list li').length === count,
        before - 2,
      );
    },
  },

  'an account is disabled and enabled, by whose scopes allow it': {
    async run(page, { beside }) {
      const { shop } = await company.twoHalves('停用', `${run}h`);
      await page.goto(`${DESK}/people/${shop.id}/devices`);
      await page.locator('tbody tr').waitFor();
      await act(page, 'Disable the account');
      await axe(page, 'window');
      await page.getByRole('dialog').getByLabel('Reason').fill('abuse');
      const asked = countOf(page, 'mutation Disable(');
      await page.getByRole('dialog').getByRole('button', { name: 'Disable the account' }).dblclick();
      await page.getByText('The account is disabled. Ended sessions: 1.').waitFor();
      assert.equal(asked(), 1, 'a double click disables once');
      await page.locator('.person-head .tag', { hasText: 'disabled' }).waitFor();
      await page.getByText('The person is signed in nowhere.').waitFor();
      await act(page, 'Enable the account');
      await page.keyboard.type('cleared');
      await page.keyboard.press('Control+Enter');
      await page.getByText('The account is enabled.').waitFor();

      const viewer = await beside('chen');
      await viewer.goto(`${DESK}/people/${shop.id}`);
      await viewer.getByRole('tablist').waitFor();
      assert.equal(
        await viewer.locator('.acts button').count(),
        0,
        'a viewer is offered nothing that is refused',
      );
      assert.equal(await viewer.getByRole('link', { name: 'Tokens' }).count(), 0);
      await viewer.goto(`${DESK}/tokens`);
      await viewer.getByText('Your role does not allow this screen.').waitFor();
    },
  },

  'a person who changes while the merge page is open, and a role that is taken away': {
    async run(page, { beside, complaints }) {
      const { club, shop } = await company.twoHalves('变化', `${run}i`);
      await page.goto(`${DESK}/merge?one=${club.id}&other=${shop.id}`);
      await page.locator('.decide').waitFor();
      const other = await beside('bo');
      await other.goto(page.url());
      await other.getByLabel('Reason').fill('first');
      await other.getByRole('button', { name: 'Merge the two' }).click();
      await other.getByText('The two accounts are one.').waitFor();
      await page.getByLabel('Reason').fill('second');
      await page.getByRole('button', { name: 'Merge the two' }).click();
      await page.getByText('may have changed since this page was opened').waitFor();
      await axe(page, 'changed meanwhile');
      await page.getByRole('button', { name: 'Look again' }).click();
      await page.locator('.note.bad code', { hasText: 'INVALID_INPUT' }).waitFor();

      const { shop: next } = await company.twoHalves('角色', `${run}j`);
      await page.goto(`${DESK}/people/${next.id}`);
      await page.getByRole('button', { name: 'Merge with…' }).waitFor();
      await page.route(`${ORIGIN}/graphql`, async (route) => {
        const sent = route.request().postData() ?? '';
        if (sent.includes('mutation Disable(')) return answer(route, refusal('FORBIDDEN'));
        if (!sent.includes('query Operator')) return route.fallback();
        const told = await (await route.fetch()).json();
        return answer(route, {
          data: { operator: { ...told.data.operator, role: 'VIEWER', scopes: ['USERS_READ'] } },
        });
      });
      await act(page, 'Disable the account');
      await page.getByRole('dialog').getByLabel('Reason').fill('abuse');
      await page.getByRole('dialog').getByRole('button', { name: 'Disable the account' }).click();
      await page.getByRole('button', { name: 'Merge with…' }).waitFor({ state: 'detached' });
      assert.deepEqual(complaints, []);

      await page.unrouteAll();
      await page.route(`${ORIGIN}/graphql`, (route) =>
        answer(
          route,
          (route.request().postData() ?? '').includes('query Operator')
            ? { data: { operator: null } }
            : refusal('UNAUTHENTICATED'),
        ),
      );
      // Whichever request is the next one ends it, also one that runs in the background.
      await page.getByRole('searchbox', { name: 'Phone, order number' }).focus();
      await page.keyboard.type('anyone');
      await page.keyboard.press('Enter');
      await page.getByText('Your session has ended').waitFor();
    },
  },

  'a token is made, shown once, and revoked; the audit is saved for Excel': {
    async run(page) {
      await page.goto(`${DESK}/tokens`);
      await page.getByRole('button', { name: 'New token' }).click();
      const made = page.getByRole('dialog');
      await made.getByLabel('System that uses it').fill(`erp-${run}`);
      await made.getByLabel('orders:read').check();
      await axe(page, 'new token');
      await made.getByRole('button', { name: 'Create' }).click();
      assert.match(await made.locator('.id code').textContent(), /^gys_/);
      await made.getByRole('button', { name: 'I have copied it' }).click();
      const row = page.locator('.tokens li', { hasText: `erp-${run}` });
      await row.getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('dialog').getByLabel('Reason').fill('=1+1 "test"');
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await row.getByText('revoked').waitFor();

      await page.goto(`${DESK}/audit`);
      await page.locator('li[data-action=TOKEN_REVOKED]').first().waitFor();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save as CSV' }).click(),
      ]);
      const text = await readFile(await file.path(), 'utf8');
      assert.ok(text.startsWith('\ufeffat,action,actor,'), 'Excel knows the encoding by the mark');
      const [, newest] = text.split('\r\n');
      assert.match(newest, /,TOKEN_REVOKED,/);
      assert.ok(newest.includes('""=1+1 \\""test\\""""'), newest);
    },
  },

  'the health of the service is shown to everyone, its settings to administrators': {
    async run(page, { beside }) {
      await company.signIn('shop', await company.person('健康'));
      await page.goto(`${ORIGIN}/`);
      await page.getByRole('link', { name: 'Open the console' }).click();
      await page.goto(`${DESK}/health`);
      const shop = page.locator('tr[data-upstream=shop]');
      await shop.getByText('up', { exact: true }).waitFor();
      assert.match(await shop.textContent(), /\d+ of \d+/);
      await page.locator('[data-sms]').getByText('codes: ').waitFor();
      await page.getByText('Notices to people').waitFor();
      await page.goto(`${DESK}/settings`);
      await page.locator('[data-setting=mode]').waitFor();
      await page.getByText('Second operator for').waitFor();
      const chen = await beside('chen');
      await chen.goto(`${DESK}/health`);
      await chen.locator('tr[data-upstream=shop]').waitFor();
      await chen.goto(`${DESK}/settings`);
      await chen.locator('table tbody tr').first().waitFor();
      assert.equal(await chen.locator('[data-setting=mode]').count(), 0);
    },
  },

  'every screen in both languages, on a desk and a phone, by day and by night': {
    async run(page) {
      const { person, shop } = await company.twoHalves('兰心', `${run}k`);
      for (const app of ['outlet', 'site', 'mini']) await company.signIn(app, person);
      const halves = await company.twoHalves('合并', `${run}l`);
      await company.doubt('案例', `${run}m`);
      const screens = {
        search: '/',
        results: `/?q=S-${run}k`,
        ...Object.fromEntries(
          ['overview', 'graph', 'orders', 'timeline', 'devices', 'messages', 'cases'].map((tab) => [
            tab,
            `/people/${shop.id}/${tab}`,
          ]),
        ),
        merge: `/merge?one=${halves.club.id}&other=${halves.shop.id}`,
        inbox: '/cases',
        requests: '/requests',
        health: '/health',
        audit: '/audit',
        tokens: '/tokens',
        settings: '/settings',
      };
      for (const [viewport, colorScheme] of [
        [DESKTOP, 'light'],
        [PHONE, 'dark'],
      ]) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        for (const language of ['zh-CN', 'en']) {
          await page.locator('.language').click();
          await page.locator(`html[lang=${language}]`).waitFor();
          for (const [name, path] of Object.entries(screens)) {
            const shown = `${name}-${language}-${viewport.width}`;
            await page.goto(DESK + path);
            await settled(page);
            if (name === 'inbox') await page.keyboard.press('j');
            await settled(page);
            assert.ok(await fits(page), `${shown} scrolls sideways`);
            await axe(page, shown);
            await page.screenshot({ path: `${SCREENSHOTS}/${shown}.png` });
          }
        }
      }
    },
  },

  'with text of twice the size and on the narrowest phone nothing scrolls sideways': {
    async run(page) {
      const { shop } = await company.twoHalves('很长的昵称'.repeat(5), `${run}n`);
      for (const path of ['/', `/people/${shop.id}`, '/cases', '/audit', '/settings']) {
        await page.setViewportSize({ width: 320, height: 640 });
        await page.goto(DESK + path);
        await settled(page);
        assert.ok(await fits(page), `320 pixels: ${path}`);
        await page.setViewportSize(PHONE);
        await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
        assert.ok(await fits(page), `twice the size: ${path}`);
      }
    },
  },
};

const fourEyes = {
  'what needs a second operator waits for one, who is another': {
    async run(page, { beside }) {
      const { club, shop } = await company.twoHalves('双人', `${run}x`);
      await page.goto(`${DESK}/merge?one=${club.id}&other=${shop.id}`);
      await page.getByLabel('Reason').fill('knows both');
      await page.getByRole('button', { name: 'Merge the two' }).click();
      await page.getByText('Nothing is changed yet').waitFor();
      await page.goto(`${DESK}/requests`);
      const own = page.locator('.requests li', { hasText: 'knows both' });
      await own.getByText('Your own request').waitFor();
      assert.equal(await own.getByRole('button', { name: 'Approve' }).count(), 0);
      await axe(page, 'own request');

      const other = await beside('bo');
      await other.goto(`${DESK}/requests`);
      await other
        .locator('.requests li', { hasText: 'knows both' })
        .getByRole('button', { name: 'Approve' })
        .click();
      await other.getByRole('dialog').getByLabel('Reason').fill('checked');
      await axe(other, 'approve');
      await other.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
      await other.getByText('The two accounts are one.').waitFor();

      // The one who asked finds it done.
      await own.getByRole('button', { name: 'Withdraw' }).click();
      await page.getByRole('dialog').getByLabel('Reason').fill('late');
      await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
      await page.locator('code', { hasText: 'REQUEST_CLOSED' }).waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await own.waitFor({ state: 'detached' });
    },
  },

  'a merge that closes a case waits, too': {
    async run(page, { beside }) {
      const { shop } = await company.doubt('案例双人', `${run}y`);
      await page.goto(`${DESK}/cases?user=${shop.id}`);
      await page.locator('.list li button').click();
      await page.locator('[data-decision=MERGE]').click();
      await page.getByLabel('Reason').fill('showed both papers');
      await page.getByRole('button', { name: 'Close the case' }).click();
      await page.getByText('Nothing is changed yet').waitFor();
      assert.equal(await page.locator('.list li').count(), 1, 'the case is open');

      const other = await beside('bo');
      await other.goto(`${DESK}/requests`);
      const asked = other.locator('.requests li', { hasText: 'showed both papers' });
      await asked.getByRole('link', { name: 'the case' }).waitFor();
      await asked.getByRole('button', { name: 'Approve' }).click();
      await other.getByRole('dialog').getByLabel('Reason').fill('checked');
      await other.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
      await other.getByText('The two accounts are one.').waitFor();
      await page.reload();
      await page.getByText('No open cases').waitFor();
    },
  },
};

/** Types into the box of the search, and presses Enter. */
async function search(page, text) {
  const box = page.getByRole('searchbox', { name: 'Phone, order number' });
  await box.fill(text);
  await box.press('Enter');
  await page.waitForURL(/[?]q=/);
}

/** Chooses from the menu of a person. */
async function act(page, name) {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name }).click();
  await page.getByRole('dialog').waitFor();
}

/** The account that the page is about. */
async function idOf(page) {
  await page.waitForURL(/people\/usr_/);
  return /people\/(usr_[0-9a-f]+)/.exec(page.url())[1];
}

/** Presses Tab until an element has the focus. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  assert.fail(`${selector} is not reached with the keyboard`);
}

/** Counts the operations that the page sends from now on. */
function countOf(page, operation) {
  let count = 0;
  page.on('request', (request) => {
    if ((request.postData() ?? '').includes(operation)) count += 1;
  });
  return () => count;
}

function refusal(code) {
  return { data: null, errors: [{ message: `Refused: ${code}.`, extensions: { code } }] };
}

function answer(route, body) {
  return route.fulfill({ contentType: 'application/json', body: JSON.stringify(body) });
}

async function runTest(browser, { run: test, operator = 'anna' }) {
  const complaints = [];
  const pages = [];
  const open = async (who) => {
    const page = await sitDown(browser, ORIGIN, { operator: who, complaints });
    pages.push(page);
    return page;
  };
  try {
    const page = await open(operator);
    await test(page, { beside: open, complaints });
    assert.deepEqual(complaints, []);
  } catch (error) {
    for (const [at, page] of pages.entries())
      await page.screenshot({ path: `${SCREENSHOTS}/failed-${at}.png` }).catch(() => undefined);
    throw error;
  } finally {
    for (const page of pages) await page.context().close();
  }
}

await mkdir(SCREENSHOTS, { recursive: true });
const browser = await launch();
let failed = 0;
for (const [name, test] of Object.entries(FOUR_EYES ? fourEyes : tests)) {
  if (process.env.ONLY && !process.env.ONLY.split('|').some((part) => name.includes(part))) continue;
  const at = performance.now();
  try {
    await runTest(browser, test);
    console.log(`ok      ${name} (${Math.round(performance.now() - at)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${String(error.stack).replace(/^/gm, '        ')}`);
  }
}
await browser.close();
process.exitCode = failed === 0 ? 0 : 1;
