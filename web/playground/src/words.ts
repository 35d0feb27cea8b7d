// The bar's texts, in English and Chinese. GraphiQL's own texts stay English.

export type Language = 'en' | 'zh';

const en = {
  app: 'App',
  person: 'Person',
  logInNow: 'Log in with a new code',
  getCode: 'Get a login code',
  openPage: 'Open WeChat’s page',
  readSms: 'Read the SMS',
  signedInAs: 'Signed in as',
  signedOut: 'Not signed in',
  signOut: 'Sign out',
  switchLanguage: '中文',
  switchLanguageLabel: '切换到中文',
  demo: 'Demo',
  session: 'Session',
  dismiss: 'Dismiss',
  onlyBrowserApps:
    'Only official accounts and websites have a page to log in on; {app} gets its code inside WeChat',
  codeReady: 'A new code of {person} for {app} is in the variables. Press ▶ to log in; it works once.',
  welcome:
    'Signed in. The Orders tab knows your unionId, and has the orders of the apps that you signed in through: choose another app and log in again to see more.',
  needsCode:
    'There is no login code yet. Press “Log in with a new code” above: it gets a code and runs this tab.',
  needsCodeByHand: 'There is no login code yet: write it into the variables, as `code`.',
  needsSms: 'There is no SMS code yet. Run SendPhoneCode, then press “Read the SMS” above.',
  needsSmsByHand: 'There is no SMS code yet: run SendPhoneCode, and write the code into the variables.',
  needsLogin: 'Log in first: your unionId is then in the variables.',
  arrived: 'WeChat sent you back with a code. It is in the variables: press ▶ to log in.',
  declined: 'WeChat sent you back without a code: the person declined.',
  smsReady: 'The code sent to {phone} is in the variables. Press ▶ and choose BindPhone.',
  noSms: 'No SMS for {phone} yet. Press ▶ and choose SendPhoneCode first.',
  noPhone: 'The Bind phone tab has no phone in its variables.',
  failed: 'That did not work: {reason}',
} as const;

export type Word = keyof typeof en;

const zh: Record<Word, string> = {
  app: '应用',
  person: '用户',
  logInNow: '用新授权码登录',
  getCode: '获取授权码',
  openPage: '打开微信授权页',
  readSms: '读取短信',
  signedInAs: '已登录：',
  signedOut: '未登录',
  signOut: '退出登录',
  switchLanguage: 'EN',
  switchLanguageLabel: 'Switch to English',
  demo: '演示',
  session: '会话',
  dismiss: '关闭',
  onlyBrowserApps: '只有公众号和网站应用有网页授权；{app} 在微信内获取 code',
  codeReady: '{person} 在 {app} 的新授权码已填入变量。点 ▶ 登录，只能用一次。',
  welcome:
    '已登录。Orders 标签页已填入你的 unionId，其中是你登录过的应用的订单：换一个应用再登录，就能看到更多。',
  needsCode: '还没有授权码。请点上方的“用新授权码登录”：它会取得授权码并运行此标签页。',
  needsCodeByHand: '还没有授权码：请填入变量 `code`。',
  needsSms: '还没有短信验证码。请先运行 SendPhoneCode，再点上方的“读取短信”。',
  needsSmsByHand: '还没有短信验证码：请先运行 SendPhoneCode，再把验证码填入变量。',
  needsLogin: '请先登录：登录后变量里会有你的 unionId。',
  arrived: '微信带着 code 跳转回来了，已填入变量：点 ▶ 登录。',
  declined: '微信跳转回来时没有 code：用户拒绝了授权。',
  smsReady: '发送到 {phone} 的验证码已填入变量。点 ▶ 并选择 BindPhone。',
  noSms: '{phone} 还没有收到短信。请先点 ▶ 并选择 SendPhoneCode。',
  noPhone: 'Bind phone 标签页的变量里没有手机号。',
  failed: '操作失败：{reason}',
};

/** Exported for the test that both languages have every text. */
export const WORDS: Record<Language, Record<Word, string>> = { en, zh };

/** Returns a text with its placeholders filled in. */
export function say(language: Language, word: Word, blanks: Record<string, string> = {}): string {
  return WORDS[language][word].replace(/\{(\w+)\}/g, (blank, name: string) => blanks[name] ?? blank);
}

/** Returns the first of the browser's languages that the page supports. */
export function languageOf(preferred: readonly string[]): Language {
  const spoken = preferred.map((tag) => tag.toLowerCase().split('-')[0]);
  return spoken.find((language) => language === 'zh' || language === 'en') === 'zh' ? 'zh' : 'en';
}
