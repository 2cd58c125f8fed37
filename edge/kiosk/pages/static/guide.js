// Guides by voice whoever cannot see the screen: keys go from item to item, the kiosk's program says where one is.
// Off until a key asks for it, and off again with the end of the visit. Keeps nothing.
import { fill, firstOf, groupOf, heading, itemWords, items, screenWords, told, typedWords } from "./guide_text.js";

const KEYS = {
  ArrowUp: "before", ArrowDown: "next", ArrowLeft: "group-before", ArrowRight: "next-group",
  Enter: "select", F1: "help", Help: "help", Escape: "back",
  "+": "louder", "=": "louder", AudioVolumeUp: "louder", "-": "softer", AudioVolumeDown: "softer",
  F15: "plugged", F16: "unplugged", // of a headphone socket
};
const KEEP_FOCUS = ["contrast", "lower", "page", "purpose", "guardian"]; // they change their own screen
const USUAL_VOLUME = 3;
const MOST_VOLUME = 5;
const MOST_STAYS = 10; // on one screen: WCAG 2.2, 2.2.1
const GONE_MS = 60000; // without a key: the screen is not kept for somebody who has left
const HELD_MS = 1500;
const SAY_AGAIN_MS = 2500;
const WARN_MS = 11000; // a second before the page asks whether more time is needed
const LATE_MS = 4000;
const token = document.querySelector("meta[name=touch-token]").content;

let words; // by language; undefined where this kiosk has no voice
let on = false;
let volume = USUAL_VOLUME;
let slow = false;
let helped = false;
let quiet = false; // focus that is set with a screen is said with it
let shown = main();
let said = { head: "", later: "", atMs: 0 };
let group;
let pressed = ""; // what was pressed last on this screen
let acted = false; // the person did something on this screen
let keyMs = 0;
let escapeMs = 0;
let stays = 0;
let endsMs = Infinity;
let asks = false;
const kept = new WeakSet(); // screens that were asked to stay once
let sending = Promise.resolve();

function main() {
  return document.querySelector("body > main");
}

function moreTime() {
  return document.querySelector("body > .more-time");
}

function send(path, body) {
  const headers = { "Content-Type": "application/json", "X-Touch-Token": token };
  sending = sending
    .then(() => fetch(path, { method: "POST", headers, body: JSON.stringify(body) }))
    .catch(() => {}); // the program is gone: the page says so
}

function say(text, language) {
  said.atMs = performance.now();
  send("/say", slow ? { text, language, volume, slow } : { text, language, volume });
}

function voice() {
  return words[main().lang] ? main().lang : "";
}

function own() {
  return words[voice()] ?? words.vi;
}

function isFirst(screen) {
  return screen.matches(".choose, .resting, .closed, .words") && !screen.querySelector("[data-touch=dismiss]");
}

function isStaffs(screen) {
  return screen.matches(".staff, .staff-pin");
}

function root() {
  return moreTime() ?? main();
}

function current() {
  const all = items(root());
  return all.includes(document.activeElement) ? document.activeElement : firstOf(root());
}

function focus(item) {
  quiet = true;
  item?.focus();
  quiet = false;
}

function itemSaid(item) {
  if (!item) return "";
  const here = groupOf(item, own());
  const entered = here.key !== group && here.name ? `${here.name.replace(/[.\s]+$/, "")}. ` : "";
  group = here.key;
  return entered + itemWords(item, items(root()), own(), main().lang);
}

function sayItem(item) {
  if (!item || isStaffs(main())) return;
  const other = words[item.lang] && item.lang !== main().lang ? item.lang : "";
  if (other) say(itemWords(item, items(root()), words[other], other), other);
  else if (voice()) say(itemSaid(item), voice());
  else say(words.vi.voiceless, "vi");
}

function sayScreen(...before) {
  if (isStaffs(main())) return;
  if (!voice()) return say(told([...before, words.vi.voiceless]), "vi");
  group = undefined;
  const item = current();
  say(told([...before, ...screenWords(main(), own())], itemSaid(item)), voice());
}

function begin() {
  if (on || !words) return;
  on = true;
  [volume, slow, helped, stays] = [USUAL_VOLUME, false, false, 0];
  document.documentElement.dataset.guided = "";
  keyMs = performance.now();
  remember(main());
  send("/guide", { on: true });
  focus(current());
  sayScreen(own().on);
}

function end(text, language = voice()) {
  if (!on) return;
  say(text, words[language] ? language : "vi");
  on = false;
  delete document.documentElement.dataset.guided;
  send("/guide", { on: false });
  document.activeElement?.blur();
  if (isFirst(main()) && main().lang !== "vi") main().querySelector("[data-touch=language][lang=vi]")?.click();
}

function remember(screen) {
  const later = screen.querySelector("[data-say-later]")?.textContent ?? "";
  said = { head: `${screen.className} ${heading(screen)}`, later, atMs: said.atMs };
}

function signature(item) {
  const { touch, service, purpose, ground, key } = item?.dataset ?? {};
  return [item?.id, touch, service, purpose, ground, key].join("|");
}

// Another picture: the same screen with other figures or colours is not said again.
function changed() {
  const [before, after] = [shown, main()];
  shown = after;
  watchTime();
  if (!on) return;
  if (isFirst(after) && (before.matches(".number") || (!isFirst(before) && !acted))) {
    end((words[before.lang] ?? words.vi).off, before.lang);
    return;
  }
  acted = false;
  const known = said.head;
  remember(after);
  if (said.head === known) {
    const item = items(after).find((one) => signature(one) === signature(focused));
    const was = focused?.ariaChecked;
    focus(item ?? firstOf(after));
    if (!item || item.ariaChecked !== was) sayItem(current());
    return;
  }
  stays = 0;
  const remains = KEEP_FOCUS.includes(pressed) && document.activeElement.dataset.touch === pressed;
  pressed = "";
  focus(remains ? document.activeElement : firstOf(after));
  sayScreen();
}

let focused; // the item that had the focus last, which may be gone by now

function watchTime() {
  timed.disconnect();
  timed.observe(main(), { attributes: true, attributeFilter: ["data-left"] });
  readTime();
}

function readTime() {
  const left = Number(main().dataset.left);
  endsMs = left ? performance.now() + left : Infinity;
}

const timed = new MutationObserver(readTime);

new MutationObserver(() => {
  if (main() !== shown) changed();
  const asking = Boolean(moreTime());
  if (asking === asks) return;
  asks = asking;
  if (!on) return;
  if (asks) say(told([moreTime().querySelector("p").textContent], itemSaid(current())), voice() || "vi");
  else if (acted) focus(items(main()).find((one) => signature(one) === signature(focused)) ?? firstOf(main()));
}).observe(document.body, { childList: true });

function stay() {
  send("/touch", { touch: "stay", step: Number(main().dataset.step) });
}

function tick() {
  if (!on) return;
  const now = performance.now();
  const gone = now - keyMs > GONE_MS;
  if (gone && isFirst(main())) return end(own().off);
  if (endsMs === Infinity && main().matches(".choose") && !kept.has(main())) {
    kept.add(main()); // or the greeting comes while the services are read
    stay();
  }
  if (isStaffs(main())) return;
  const late = "warns" in main().dataset ? WARN_MS : LATE_MS;
  if (!gone && stays < MOST_STAYS && endsMs - now < late) {
    stays += 1;
    endsMs = Infinity; // until the program says how long the screen stays now
    stay();
  }
  const later = main().querySelector("[data-say-later]")?.textContent ?? "";
  if (later && later !== said.later && now - said.atMs > SAY_AGAIN_MS && voice()) {
    said.later = later;
    say(later, voice());
  }
}

function move(by) {
  const all = items(root());
  const at = all.indexOf(document.activeElement);
  const to = at < 0 ? (firstOf(root()) ?? all[0]) : all[(at + by + all.length) % all.length];
  to?.focus();
}

function jump(by) {
  const firsts = items(root()).filter((item, at, all) => !at || groupOf(item, own()).key !== groupOf(all[at - 1], own()).key);
  const here = current() && groupOf(current(), own()).key;
  const at = firsts.findIndex((item) => groupOf(item, own()).key === here);
  const to = firsts[at < 0 ? 0 : (at + by + firsts.length) % firsts.length];
  if (to === document.activeElement) sayItem(to); // there is one group only
  else to?.focus();
}

function help() {
  if (helped) {
    slow = !slow;
    sayScreen(slow ? own().slow : own().usual);
  } else sayScreen();
}

function turn(by) {
  volume = Math.min(MOST_VOLUME, Math.max(1, volume + by));
  say(fill(own().volume, { at: volume, of: MOST_VOLUME }), voice() || "vi");
}

function back(event) {
  if (!event.repeat) escapeMs = event.timeStamp;
  const held = event.repeat && event.timeStamp - escapeMs > HELD_MS;
  if (held || (!event.repeat && !moreTime() && isFirst(main()))) {
    event.stopImmediatePropagation();
    end(own().off);
  } else if (event.repeat) event.stopImmediatePropagation(); // one press, one step back
  else acted = true;
}

document.addEventListener("keydown", (event) => {
  const key = KEYS[event.key];
  const typing = main().querySelector("[data-typing] input");
  if (on && typing && /^([a-z0-9]|Backspace)$/i.test(event.key)) focus(typing); // from the keys on the screen, too
  if (!words || !key || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!on) {
    const inUse = key === "select" && document.activeElement !== document.body; // a keyboard, by one who sees
    if (inUse || key === "back" || key === "unplugged") return;
    event.preventDefault();
    begin();
    return;
  }
  keyMs = performance.now();
  if (key === "select" && items(root()).includes(document.activeElement)) {
    if (event.repeat) event.preventDefault();
  } else if (key !== "back") event.preventDefault();
  if (key === "before") move(-1);
  else if (key === "next") move(1);
  else if (key === "group-before") jump(-1);
  else if (key === "next-group") jump(1);
  else if (key === "help") help();
  else if (key === "louder") turn(1);
  else if (key === "softer") turn(-1);
  else if (key === "unplugged") end("");
  else if (key === "back") back(event);
  helped = key === "help";
}, { capture: true }); // before the page's own keys

document.addEventListener("focusin", (event) => {
  const item = event.target;
  if (main() !== shown || Boolean(moreTime()) !== asks) return; // said with the screen that it belongs to
  if (on && !quiet && items(root()).includes(item)) sayItem(item);
  if (!item.closest(".more-time")) focused = item;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("button[data-guide]")) {
    if (on) end(own().off);
    else begin();
    return;
  }
  const touched = event.target.closest("[data-touch]");
  if (touched) [acted, pressed] = [true, touched.dataset.touch];
  if (event.target.closest("[data-key]")) setTimeout(sayTyped);
});
document.addEventListener("submit", () => (acted = true));
document.addEventListener("input", sayTyped);
document.addEventListener("pointerdown", () => (keyMs = performance.now()));

function sayTyped() {
  const typing = main().querySelector("[data-typing=''] input");
  if (on && typing && voice()) say(typedWords(typing, own()), voice());
}

send("/guide", { on: false }); // a page that begins anew guides nobody
fetch("/guide/words")
  .then((answer) => (answer.ok ? answer.json() : undefined))
  .then((known) => {
    words = known;
    if (words) document.documentElement.dataset.voice = "";
  })
  .catch(() => {}); // the program is gone: the page begins anew with the next one
watchTime();
setInterval(tick, 250);
