// Pictures of the operations page: signs that say in a shape what colour says too, and the course of a figure. No HTML is written.

import type { Level } from './state';

const Space = 'http://www.w3.org/2000/svg';

/** The fewest points that a course is drawn for, a quarter of an hour: a young one does not fill the picture. */
const Fewest = 30;
const [Width, Height] = [240, 48];

export function draw(tag: string, attributes: Record<string, string | number>, ...children: Element[]): SVGElement {
  const made = document.createElementNS(Space, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

const shapes: Record<Level | 'none', () => SVGElement[]> = {
  ok: () => [draw('circle', { cx: 12, cy: 12, r: 10 }), draw('path', { d: 'M7 12.5l3.5 3.5L17 8.5', class: 'mark' })],
  warning: () => [draw('path', { d: 'M12 2L23 21.5H1z' }), draw('path', { d: 'M12 9v6M12 17.6v.8', class: 'mark' })],
  critical: () => [draw('path', { d: 'M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9z' }), draw('path', { d: 'M8 8l8 8M16 8l-8 8', class: 'mark' })],
  none: () => [draw('path', { d: 'M6 12h12', class: 'mark' })],
};

/** Each level has a shape of its own; words stand beside it. */
export function sign(level: Level | 'none'): SVGElement {
  return draw('svg', { viewBox: '0 0 24 24', class: `sign ${level}`, 'aria-hidden': 'true' }, ...shapes[level]());
}

/** The course of a figure, the newest value at the right edge; where nothing was measured there is a gap. A threshold that is reached is a dashed line. */
export function spark(values: (number | null)[], limit: number | null, words: string): SVGElement {
  const known = values.filter((value): value is number => value !== null);
  const most = Math.max(...known, 1e-9) * 1.08;
  const slots = Math.max(Fewest, values.length);
  const y = (value: number) => (Height - 2 - (value / most) * (Height - 6)).toFixed(1);
  const x = (index: number) => (((slots - values.length + index) / (slots - 1)) * (Width - 6) + 2).toFixed(1);
  let path = '';
  let open = false;
  values.forEach((value, index) => {
    if (value === null) {
      open = false;
      return;
    }
    // A value between two gaps is a dot.
    path += open ? `L${x(index)} ${y(value)}` : `M${x(index)} ${y(value)}h.01`;
    open = true;
  });
  const parts = [draw('path', { d: `M0 ${Height - 1}H${Width}`, class: 'ground' }), draw('path', { d: path, class: 'line' })];
  if (limit !== null && limit <= most) {
    parts.push(draw('path', { d: `M0 ${y(limit)}H${Width}`, class: 'limit' }));
  }
  const last = values.at(-1);
  if (typeof last === 'number') {
    parts.push(draw('circle', { cx: x(values.length - 1), cy: y(last), r: 3, class: 'now' }));
  }
  return draw('svg', { viewBox: `0 0 ${Width} ${Height}`, class: 'spark', role: 'img', 'aria-label': words }, ...parts);
}
