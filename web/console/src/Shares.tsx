/** Counts by name, each with a bar that shows its share of the largest. */
export function Shares({ rows }: { readonly rows: readonly (readonly [string, number])[] }) {
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return (
    <ul className="rows shares">
      {rows.map(([name, count]) => (
        <li key={name}>
          <span>{name}</span>
          <b className="end">{count}</b>
          <svg className="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect width={(count / most) * 100} height="4" rx="1" />
          </svg>
        </li>
      ))}
    </ul>
  );
}
