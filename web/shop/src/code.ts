// The lines that "show the code" shows: cut out of the very files that are built, so that they cannot go stale.
import clients from './clients.ts?raw';
import operations from './operations.ts?raw';
import orders from './Orders.tsx?raw';
import phone from './Phone.tsx?raw';
import merge from './Merge.tsx?raw';
import me from './Me.tsx?raw';
import devices from './Devices.tsx?raw';
import site from './Storefront.tsx?raw';

/** Returns the lines between `// region name` and `// endregion`, without their common indentation. */
export function region(text: string, name: string): string {
  const lines = text.split('\n');
  const is = (mark: string) => (line: string) =>
    line.trim() === mark || line.trim() === `{/* ${mark.slice(3)} */}`;
  const from = lines.findIndex(is(`// region ${name}`));
  const to = lines.findIndex((line, at) => at > from && is('// endregion')(line));
  if (from < 0 || to < 0) throw new Error(`there is no region ${name}`);
  const cut = lines.slice(from + 1, to);
  const indents = cut.filter((line) => line.trim()).map((line) => line.search(/\S/));
  const indent = Math.min(...indents);
  return cut.map((line) => line.slice(indent)).join('\n');
}

export const CODE = {
  account: region(clients, 'account') + '\n\n' + region(site, 'provider'),
  website: region(clients, 'website') + '\n\n' + region(site, 'provider'),
  mini: region(clients, 'mini'),
  orders: region(orders, 'orders'),
  totals: region(operations, 'account'),
  phone: region(phone, 'send') + '\n\n' + region(phone, 'bind') + '\n\n' + region(operations, 'bindPhone'),
  merge: region(merge, 'preview') + '\n\n' + region(merge, 'merge'),
  undo: region(merge, 'undo') + '\n\n' + region(operations, 'undo'),
  consent: region(me, 'consent'),
  devices: region(devices, 'devices'),
} as const;

export type CodeName = keyof typeof CODE;
