// Makes the pictures of docs/console.md, with a running demo: see README.md for the variables.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Company } from './company.mjs';
import { launch, settled, sitDown } from './desk.mjs';

const ORIGIN = new URL(process.env.GUIYI_URL).origin;
const PICTURES = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../pictures/', import.meta.url));
const company = new Company({
  api: process.env.API ?? ORIGIN,
  sandbox: process.env.GUIYI_SANDBOX,
  token: process.env.GUIYI_TOKEN,
});
const run = Date.now().toString(36);

// Lan of the demo company: a member of the old system, who comes through five apps.
const lan = await company.signIn('shop', 'lan');
await company.bind(lan, '+8613800000001');
for (const app of ['club', 'outlet', 'site', 'mini']) lan.id = (await company.signIn(app, 'lan')).id;
const { club, shop } = await company.twoHalves('林晓', run);
await company.doubt('周舟', `${run}a`);
await company.doubt('Lily', `${run}b`);

const pictures = {
  person: `/people/${lan.id}`,
  graph: `/people/${lan.id}/graph`,
  merge: `/merge?one=${club.id}&other=${shop.id}`,
  case: '/cases',
  health: '/health',
};

await mkdir(PICTURES, { recursive: true });
const browser = await launch();
const page = await sitDown(browser, ORIGIN, { viewport: { width: 1280, height: 860 } });
for (const [name, path] of Object.entries(pictures)) {
  await page.goto(`${ORIGIN}/console${path}`);
  await settled(page);
  if (name === 'case') {
    await page.keyboard.press('j');
    await settled(page);
  }
  await page.screenshot({ path: `${PICTURES}/${name}.png` });
}
await browser.close();
