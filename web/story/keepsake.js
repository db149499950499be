/** A story as a file of its own: one page with picture and text that opens anywhere, without this app or a network. */

import { typeset } from "../components/quotation-marks.js";
import { fileName } from "../components/save-file.js";
import { drawPicture } from "./illustration/picture.js";
import { textOf } from "./tale.js";
import { paragraphsOf } from "./typesetting.js";

/** @typedef {import("./tale.js").Tale} Tale */

const STYLE = `
body { max-width: 36rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; background: #fffdf8; color: #2b2833; font: 1.2rem/1.7 Literata, "Iowan Old Style", Palatino, "Noto Serif", Georgia, serif; }
svg { display: block; width: 100%; border-radius: 0.75rem; }
h1 { font-size: 1.7rem; font-weight: 500; line-height: 1.25; text-align: center; text-wrap: balance; }
p { margin: 0 0 0.9em; }
footer { margin-top: 3rem; color: #645d69; font-size: 0.85rem; text-align: center; }
`;

/**
 * @param {Tale} tale
 * @returns {File} an HTML page
 */
export function keepsake(tale) {
  const main = document.createElement("main");
  const add = (/** @type {string} */ tag, /** @type {string} */ text) => {
    const element = document.createElement(tag);
    element.textContent = text;
    main.append(element);
    return element;
  };
  main.append(drawPicture({ ...tale.wishes, hour: tale.hour, seed: tale.seed }));
  const title = add("h1", typeset(tale.title));
  for (const paragraph of paragraphsOf(textOf(tale))) add("p", typeset(paragraph));
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: "long" }).format(tale.told);
  add("footer", tale.wishes.child ? `Told for ${tale.wishes.child} by Glowworm, ${day}` : `Told by Glowworm, ${day}`);

  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.innerHTML}</title>
<style>${STYLE}</style>
</head>
<body>
${main.outerHTML}
</body>
</html>
`;
  return new File([page], `${fileName(tale.title, "story")}.html`, { type: "text/html" });
}

/** Whether this browser hands files to other apps. */
export function canShare() {
  return navigator.canShare?.({ files: [new File([""], "story.html", { type: "text/html" })] }) ?? false;
}

/**
 * @param {Tale} tale
 * @returns {Promise<void>} also when the user thinks better of it
 */
export async function share(tale) {
  try {
    await navigator.share({ title: typeset(tale.title), files: [keepsake(tale)] });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  }
}
