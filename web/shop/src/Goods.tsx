// The goods of the store, which are the same for all people.
import { Drawing } from './Drawing';
import { money } from './money';
import { ShowCode } from './ShowCode';
import { useShop } from './useShop';

export function Goods() {
  const { store, language } = useShop();
  return (
    <>
      <ul className="goods">
        {store.goods.map(({ sku, title, price, picture }) => (
          <li key={sku}>
            <Drawing picture={picture} />
            <b>{title[language]}</b>
            <span className="price">{money(price, 'CNY', language)}</span>
          </li>
        ))}
      </ul>
      <ShowCode names={[store.kind]} />
    </>
  );
}
