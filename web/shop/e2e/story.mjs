// The story that the shop tells, in terms that the tests of all browsers can drive. `driver` has a handful of steps: see
// shop.spec.mjs (Chromium) and story.engines.ts (WebKit, Firefox).
import assert from 'node:assert/strict';

const LAN = '+8613800000001';
const FREE = '+8613800000091';

/**
 * Lan buys in five stores: signed in silently, joins her old account by her phone, merges by her unionId, undoes it, opens the
 * mini program, scans the website's QR code, changes her phone, looks at her devices, and signs out. Needs a demo that no
 * person has used.
 */
export async function story(driver) {
  const { goto, click, fill, text, until, beLan, orders } = driver;

  await goto('/shop#orders');
  await beLan();
  await until('[data-signed-in]');
  assert.equal(await orders(), 3, 'a silent login shows the orders of this store');
  await driver.shot('silent');

  await click('a[href="#me"]');
  await fill('input[type=tel]', LAN);
  await click('.field button[type=button]');
  await until('.sms button');
  await click('.sms button');
  await driver.shot('sms');
  await click('.field .primary');
  await until('[data-member]');
  assert.equal(await text('[data-member]'), 'C-1001', 'the phone opens the account of the old system');
  await driver.shot('joined');

  await driver.consent();
  await until('.greeting img');
  assert.match(await text('.greeting'), /兰心/, 'with her consent WeChat tells her name');

  await goto('/club#orders');
  await until('[data-signed-in]');
  assert.equal(
    await orders(),
    2,
    'in another store she is another person, who was signed in without a question',
  );
  await click('a[href="#me"]');
  await driver.consent();
  await until('.offer .primary');
  await driver.shot('offer');
  await click('.offer .primary');
  await until('.sides');
  await driver.shot('preview');
  await click('.offer .primary');
  await until('.offer', false);
  await click('a[href="#orders"]');
  assert.equal(await orders(5), 5, 'one account with the orders of both');
  assert.equal(await text('[data-member]'), 'C-1001');
  await driver.shot('merged');

  await click('a[href="#me"]');
  await click(driver.undo);
  await until('[data-member]', false);
  await click('a[href="#orders"]');
  assert.equal(await orders(2), 2, 'undone, each account has its own orders');

  await goto('/mini#orders');
  await until('[data-signed-in]');
  assert.equal(await orders(), 3, 'the mini program brings the unionId, which is that of her older account');
  await driver.shot('mini');

  await goto('/site#orders');
  await click('.frame .primary');
  await driver.scanAsLan();
  await until('[data-signed-in]');
  assert.equal(await orders(), 3, 'so does the website, after its QR code');
  await driver.reload();
  await until('[data-signed-in]');
  assert.equal(await orders(), 3, 'and its session outlives a reload');

  await goto('/shop#me');
  await until('[data-signed-in]');
  await until('[data-member]');
  await fill('input[type=tel]', FREE);
  await click('.field button[type=button]');
  await until('.sms button');
  await click('.sms button');
  await click('.field .primary');
  await driver.untilText('.knows', FREE);

  await until('.rows li b');
  await click(driver.signOut);
  await until('[data-signed-in]', false);
  await until('.guide li:not([data-done=true])', false);
  await driver.reload();
  await until('.frame .primary');
  await driver.shot('signed-out');
}
