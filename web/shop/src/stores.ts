// The places in which the company sells: three official accounts, a website and a mini program. Each has its page, its goods,
// and its own id for every person.
import type { Language } from './words';

export type StoreName = 'shop' | 'club' | 'outlet' | 'site' | 'mini';
export type Text = Readonly<Record<Language, string>>;

/** What a drawing shows. */
export type Picture = 'leaf' | 'cup' | 'pot' | 'box' | 'tin';

export interface Good {
  readonly sku: string;
  readonly title: Text;
  readonly price: string;
  readonly picture: Picture;
}

export interface Store {
  readonly name: StoreName;
  readonly kind: 'account' | 'website' | 'mini';
  readonly title: Text;
  readonly what: Text;
  readonly goods: readonly Good[];
}

const good = (sku: string, picture: Picture, price: string, zh: string, en: string): Good => ({
  sku,
  picture,
  price,
  title: { zh, en },
});
const LONGJING = good('TEA-LJ-100', 'leaf', '98.00', '龙井 100 克', 'Longjing green tea, 100 g');
const OOLONG = good('TEA-TGY-250', 'leaf', '128.50', '铁观音 250 克', 'Tieguanyin oolong, 250 g');
const CUP = good('CUP-02', 'cup', '72.00', '青瓷茶杯', 'Celadon cup');
const POT = good('POT-01', 'pot', '120.00', '紫砂壶', 'Zisha teapot');
const BOX = good('BOX-06', 'box', '59.90', '会员月礼盒 · 六月', 'Member box, June');
const BOX_NEXT = good('BOX-07', 'box', '59.90', '会员月礼盒 · 七月', 'Member box, July');
const BLACK = good('TEA-JJM-50', 'leaf', '45.00', '金骏眉 50 克', 'Jin Jun Mei, 50 g');
const TIN = good('TIN-01', 'tin', '19.90', '茶叶罐', 'Tea tin');

const account = { zh: '公众号', en: 'official account' };

export const STORES: readonly Store[] = [
  {
    name: 'shop',
    kind: 'account',
    title: { zh: '禾木商城', en: 'Hemu Mall' },
    what: account,
    goods: [LONGJING, OOLONG, CUP, POT],
  },
  {
    name: 'club',
    kind: 'account',
    title: { zh: '禾木会员', en: 'Hemu Club' },
    what: account,
    goods: [BOX, BOX_NEXT],
  },
  {
    name: 'outlet',
    kind: 'account',
    title: { zh: '禾木特卖', en: 'Hemu Outlet' },
    what: account,
    goods: [BLACK, TIN],
  },
  {
    name: 'site',
    kind: 'website',
    title: { zh: '禾木官网', en: 'hemu.example' },
    what: { zh: '网站', en: 'website' },
    goods: [LONGJING, OOLONG, BLACK, CUP, POT, TIN],
  },
  {
    name: 'mini',
    kind: 'mini',
    title: { zh: '禾木小程序', en: 'Hemu Mini' },
    what: { zh: '小程序', en: 'mini program' },
    goods: [LONGJING, CUP],
  },
];

/** Returns the store of a path: `/club`. */
export function storeOf(path: string): Store | undefined {
  const [, name] = path.split('/');
  return STORES.find((store) => store.name === name);
}

/** Returns the title of an app that may have no store, such as the mobile app. */
export function titleOf(app: string, language: Language): string {
  return STORES.find(({ name }) => name === app)?.title[language] ?? app;
}
