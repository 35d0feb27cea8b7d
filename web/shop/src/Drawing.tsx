// Drawings of the goods. Each is a few lines of SVG; the style sheet gives them their colours.
import type { Picture } from './stores';

const SHAPES: Record<Picture, string> = {
  leaf: 'M50 84C24 72 20 40 28 20c17 4 27 18 24 42 4-18 13-28 27-28 0 25-10 42-29 50Z',
  cup: 'M22 36h50v16a25 25 0 0 1-50 0Zm50 4h6a10 10 0 0 1 0 20h-8l3-8h5a3 3 0 0 0 0-5h-6ZM26 82h42v4H26Z',
  pot: 'M44 22h12v6h-4v4c14 1 22 10 22 24 0 16-10 26-24 26S26 72 26 56c0-14 8-23 22-24v-4h-4Zm32 24 12-8 4 5-14 14ZM24 48c-12 0-14 18 3 22l1-6c-8-2-8-10-3-10Z',
  box: 'M18 36 50 22l32 14v34L50 86 18 70Zm32 8 24-10-24-9-24 9ZM47 50 24 40v26l23 11Z',
  tin: 'M30 26h40v8H30Zm-2 12h44v44a6 6 0 0 1-6 6H34a6 6 0 0 1-6-6Zm10 14v18h24V52Z',
};

export function Drawing({ picture }: { picture: Picture }) {
  return (
    <svg className={`drawing ${picture}`} viewBox="0 0 100 100" aria-hidden="true">
      <path d={SHAPES[picture]} />
    </svg>
  );
}
