// What the guide says of a screen, from what stands on it. Nothing that is marked data-unsaid is ever part of it.
const SILENT = "[data-unsaid], [aria-hidden=true], [data-countdown], .countdown, .law, .tile .letter, .from, img, progress, input";
const MOST_BYTES = 960; // of a text; the program takes 1 KiB with all around it

function isSilent(element, lang) {
  return element.matches(SILENT) || (element.lang && element.lang !== lang);
}

function tidy(text) {
  return text.replace(/\u2060/g, "").replace(/\s+/g, " ").trim();
}

function rawText(element, lang) {
  let text = "";
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) text += child.data;
    else if (child.nodeName === "BR") text += ". ";
    else if (child.nodeType === Node.ELEMENT_NODE && !isSilent(child, lang)) text += rawText(child, lang);
  }
  return text;
}

function textOf(element, lang) {
  return tidy(rawText(element, lang));
}

// The texts of an element that stand apart: a tile's name, how many wait, when.
function partsOf(element, lang) {
  if ([...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim())) {
    return [textOf(element, lang)];
  }
  return [...element.children].filter((child) => !isSilent(child, lang)).flatMap((child) => partsOf(child, lang));
}

export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

// Sentences as one text, as many of the first ones as there is room for beside the last one, which is always said.
export function told(sentences, last = "") {
  let text = "";
  for (const sentence of [...sentences, last]) {
    const words = sentence.replace(/[\s.,]+$/, "");
    if (!words) continue;
    const longer = `${text} ${/[?!…:]$/.test(words) ? words : `${words}.`}`.trim();
    const room = MOST_BYTES - (sentence === last ? 0 : new TextEncoder().encode(last).length + 2);
    if (new TextEncoder().encode(longer).length <= room) text = longer;
  }
  return text;
}

export function heading(main) {
  const said = main.querySelector("[data-say]");
  if (said) return textOf(said, main.lang || "vi");
  const lost = main.querySelector(`.sentence[lang="${document.documentElement.lang}"]`);
  return lost ? tidy(lost.textContent) : "";
}

// The sentences of a screen: a number that was given comes first, then where and when; else the heading, and what
// stands below it.
export function screenWords(main, words) {
  const { lang } = main;
  if (main.matches(".number") && !main.querySelector("[data-touch=dismiss]")) return [heading(main)];
  if (main.matches(".number")) {
    const part = (selector) => {
      const found = main.querySelector(selector);
      return found ? textOf(found, lang) : "";
    };
    const when = part(".expected b");
    const head = main.querySelector("[data-say]").cloneNode(true);
    head.querySelector(".visually-hidden")?.remove();
    const more = [".ahead", ".route", ".ground-note", ".again", ".notice"].map(part);
    const number = fill(words.number, { label: part(".label") });
    return [number, part(".places"), when && fill(words.about, { when }), ...more, textOf(head, lang)];
  }
  const below = [...main.querySelectorAll(".ask .say p, .message p")].filter(
    (text) => !text.closest(`${SILENT}, button, ul, .label`) && text.checkVisibility(),
  );
  return [heading(main), ...below.map((text) => textOf(text, lang))];
}

// Everything that can be pressed or typed into, in the order of the page.
export function items(root) {
  return [...root.querySelectorAll("button:enabled, input:enabled")].filter(
    (item) => item.checkVisibility() && !("guide" in item.dataset),
  );
}

// The item that a screen is about: not the ones for another language or other colours.
export function firstOf(root) {
  const found = items(root);
  const meant = ["[data-focus]", ".services button", ".message button", ".foot button", ".more-time button"];
  for (const selector of meant) {
    const first = found.find((item) => item.matches(selector));
    if (first) return first;
  }
  return undefined; // the kiosk is at work, and there is nothing to choose
}

// The group of an item: what tells it from others, and its heading.
export function groupOf(item, words) {
  const services = item.closest(".services");
  if (services) {
    let title = item;
    while (title && title.tagName !== "H2") title = title.previousElementSibling;
    return { key: title ?? services, name: title ? textOf(title, item.closest("main").lang) : "" };
  }
  const box = item.closest(".foot, .prefs, .keys, .pair, .list, .boxes, .aside, section");
  const names = { foot: words.actions, prefs: words.prefs };
  if (box?.matches(".keys:not(.ends)")) return { key: box, name: box.matches(".digits") ? words.digits : words.letters };
  return { key: box, name: names[box?.className] ?? "" };
}

export function typedWords(input, words) {
  return input.value ? fill(words.typed, { what: input.value.toUpperCase() }) : words.untyped;
}

// What an item is, and its place among the others.
export function itemWords(item, all, words, lang) {
  let what = partsOf(item, lang)
    .map((part) => part.replace(/[\s.,]+$/, ""))
    .join(", ");
  if (item.tagName === "INPUT") what = fill(words.field, { what: typedWords(item, words) });
  if (item.dataset.touch === "page") {
    what = what.replace(/(\d+)\/(\d+)/, (_, at, of) => fill(words.page, { at, of }));
  }
  if (item.ariaChecked) what += `, ${item.ariaChecked === "true" ? words.ticked : words.unticked}`;
  return fill(words.item, { what: what.replace(/[\s.,]+$/, ""), at: all.indexOf(item) + 1, of: all.length });
}
