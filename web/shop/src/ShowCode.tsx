// "Show the code": the lines of this very page, below the screen that they make.
import { CODE, type CodeName } from './code';
import { useShop } from './useShop';

export function ShowCode({ names }: { names: readonly CodeName[] }) {
  const { t } = useShop();
  return (
    <details className="code">
      <summary>{t('showCode')}</summary>
      {names.map((name) => (
        <pre key={name} tabIndex={0} role="region" aria-label={`${t('codeOf')}: ${name}`} data-code={name}>
          <code>{CODE[name]}</code>
        </pre>
      ))}
    </details>
  );
}
