/** Building blocks of the drawings: SVG elements made without ever parsing markup. Lengths are in the drawing's units. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/** @typedef {SVGElement | null | undefined | false} Child  what is not there is left out */
/** @typedef {Record<string, string | number>} Attributes */

/**
 * @param {string} name
 * @param {Attributes} attributes  numbers are rounded to a tenth: nothing finer is seen
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function el(name, attributes, ...children) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  }
  element.append(...children.filter((child) => child instanceof SVGElement));
  return element;
}

/**
 * @param {string} d
 * @param {string} fill
 * @param {Attributes} [more]
 */
export const path = (d, fill, more = {}) => el("path", { d: rounded(d), fill, ...more });

/**
 * A line without a filling.
 * @param {string} d
 * @param {string} stroke
 * @param {number} width
 * @param {Attributes} [more]
 */
export const line = (d, stroke, width, more = {}) =>
  path(d, "none", { stroke, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round", ...more });

/**
 * @param {number} cx
 * @param {number} cy
 * @param {number} r
 * @param {string} fill
 * @param {Attributes} [more]
 */
export const circle = (cx, cy, r, fill, more = {}) => el("circle", { cx, cy, r, fill, ...more });

/**
 * @param {number} cx
 * @param {number} cy
 * @param {number} rx
 * @param {number} ry
 * @param {string} fill
 * @param {Attributes} [more]
 */
export const ellipse = (cx, cy, rx, ry, fill, more = {}) => el("ellipse", { cx, cy, rx, ry, fill, ...more });

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} fill
 * @param {Attributes} [more]
 */
export const rect = (x, y, width, height, fill, more = {}) => el("rect", { x, y, width, height, fill, ...more });

/** @param {...Child} children */
export const group = (...children) => el("g", {}, ...children);

/**
 * Children moved to (x, y), then scaled, then turned by degrees.
 * @param {number} x
 * @param {number} y
 * @param {{scale?: number, scaleX?: number, turn?: number}} how
 * @param {...Child} children
 */
export function placed(x, y, { scale = 1, scaleX = scale, turn = 0 }, ...children) {
  const steps = [`translate(${tenth(x)} ${tenth(y)})`];
  if (scale !== 1 || scaleX !== 1) steps.push(`scale(${hundredth(scaleX)} ${hundredth(scale)})`);
  if (turn) steps.push(`rotate(${tenth(turn)})`);
  return el("g", { transform: steps.join(" ") }, ...children);
}

/**
 * The same on the left and on the right.
 * @param {(side: -1 | 1) => Child} draw
 */
export const pair = (draw) => group(draw(-1), draw(1));

/**
 * `count` of something.
 * @param {number} count
 * @param {(index: number) => Child} draw
 */
export const many = (count, draw) => group(...Array.from({ length: count }, (_, index) => draw(index)));

/**
 * A closed, smooth curve through points.
 * @param {[number, number][]} points
 */
export function blob(points) {
  const middle = (/** @type {[number, number]} */ [ax, ay], /** @type {[number, number]} */ [bx, by]) =>
    `${(ax + bx) / 2} ${(ay + by) / 2}`;
  const last = points[points.length - 1];
  const curves = points.map((point, index) => {
    const next = points[(index + 1) % points.length];
    return `Q${point[0]} ${point[1]} ${middle(point, next)}`;
  });
  return `M${middle(last, points[0])}${curves.join("")}Z`;
}

/** @param {string} d */
const rounded = (d) => d.replace(/-?\d+\.\d{2,}(e-?\d+)?/g, (number) => String(tenth(Number(number))));
/** @param {number} value */
const tenth = (value) => Math.round(value * 10) / 10;
/** @param {number} value */
const hundredth = (value) => Math.round(value * 100) / 100;
