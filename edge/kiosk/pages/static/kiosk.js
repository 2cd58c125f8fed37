// Shows the screens that the kiosk's program sends, and tells it what was touched. Keeps nothing.
import "./keys.js";

const token = document.querySelector("meta[name=touch-token]").content;
const say = document.getElementById("say");
const lost = document.getElementById("lost");
const LOST_AFTER_MS = 3000;
const SAY_AGAIN_MS = 2500;
const MIRROR_MS = 120;
const BEAT_MS = 5000;
const HOLD_MS = 3000;
const WARN_MS = 10000;
const KEEP_FOCUS = ["language", "contrast", "lower", "page", "purpose", "guardian"]; // they change their own screen
let endsAt = 0;
let held = 0;
let lostTimer = 0;
let saidAt = 0;

function main() {
  return document.querySelector("body > main");
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("main");
}

// The same picture with new figures is changed in place: a node under a finger must not be swapped away.
function patch(shown, fresh) {
  shown.dataset.left = fresh.dataset.left;
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = shown.querySelector(`[data-live="${part.dataset.live}"]`);
    if (old && old.textContent !== part.textContent) old.replaceChildren(...part.cloneNode(true).childNodes);
  }
  const bar = shown.querySelector("[data-percent]");
  if (bar) bar.value = fresh.querySelector("[data-percent]").value;
}

function speak(text) {
  say.textContent = text;
  saidAt = performance.now();
}

function show(fresh) {
  const shown = main();
  moreTime()?.remove();
  if (shown.dataset.step === fresh.dataset.step) {
    patch(shown, fresh);
  } else {
    const focused = document.activeElement?.dataset ?? {};
    const typed = shown.querySelector("[data-typing] input")?.value ?? "";
    shown.replaceWith(fresh);
    const typing = fresh.querySelector("[data-typing] input");
    if (typing) typing.value = typed; // the same screen in other colours: what was typed stays
    typing?.focus();
    document.documentElement.lang = fresh.lang || "vi";
    if (fresh.dataset.theme) document.documentElement.dataset.theme = fresh.dataset.theme;
    else delete document.documentElement.dataset.theme; // the system's own wish for contrast holds again
    if (KEEP_FOCUS.includes(focused.touch)) fresh.querySelector(same(focused))?.focus();
    announce(fresh);
  }
  mirror(main().querySelector("[data-mirror]"));
  const left = Number(fresh.dataset.left);
  endsAt = left ? performance.now() + left : 0;
  tick();
}

function moreTime() {
  return document.querySelector("body > .more-time");
}

// Ten seconds before a screen goes by itself, whoever stands there is asked.
function warn(leftMs) {
  if (!("warns" in main().dataset) || leftMs > WARN_MS || leftMs <= 0) {
    if (leftMs > WARN_MS) moreTime()?.remove();
    return;
  }
  if (moreTime()) return;
  const asked = document.querySelector(`[data-more-time=${main().lang}]`).content.firstElementChild.cloneNode(true);
  document.body.append(asked);
  asked.querySelector("button").focus();
  speak(asked.querySelector("p").textContent);
}

function same(button) {
  return `[data-touch=${button.touch}]` + (button.purpose ? `[data-purpose=${button.purpose}]` : "");
}

// Whoever has a picture taken sees themselves, picture after picture, for as long as this screen is shown.
function mirror(picture) {
  if (!picture || picture.onload) return;
  const next = () => {
    if (picture.isConnected) picture.src = `/mirror?token=${token}&at=${performance.now()}`;
  };
  picture.onload = picture.onerror = () => setTimeout(next, MIRROR_MS);
  next();
}

function announce(screen) {
  say.lang = screen.lang;
  speak(screen.querySelector("[data-say]")?.textContent ?? "");
}

function tick() {
  // Steps that follow fast on one another are seen, not said: speech would lag behind them.
  const later = document.querySelector("[data-say-later]")?.textContent;
  if (later && later !== say.textContent && performance.now() - saidAt > SAY_AGAIN_MS) speak(later);
  if (endsAt) warn(endsAt - performance.now());
  for (const place of document.querySelectorAll("[data-countdown]")) if (endsAt) place.textContent = `${Math.max(0, Math.ceil((endsAt - performance.now()) / 1000))} s`;
}

function touch(button) {
  const message = { touch: button.dataset.touch };
  if (button.dataset.service) message.service = button.dataset.service;
  if (button.dataset.purpose) message.purpose = button.dataset.purpose;
  if (button.dataset.ground) message.ground = button.dataset.ground;
  return tell(message);
}

async function tell(touched) {
  const message = { step: Number(main().dataset.step), ...touched };
  try {
    await fetch("/touch", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Touch-Token": token },
      body: JSON.stringify(message),
    });
  } catch {
    showLost(); // the program is gone: say so, and let the stream find it again
  }
}

function type(key) {
  const typing = main().querySelector("[data-typing] input");
  const value = key ? typing.value + key : typing.value.slice(0, -1);
  if (value.length <= typing.maxLength) typing.value = value;
}

function showLost() {
  if (main().dataset.step !== "-1") show(lost.content.firstElementChild.cloneNode(true));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-touch]");
  if (button) touch(button);
  const key = event.target.closest("button[data-key]");
  if (key) type(key.dataset.key);
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = event.target.querySelector("input").value.trim();
  if (typed) tell(event.target.dataset.typing === "pin" ? { touch: "pin", pin: typed } : { touch: "number", label: typed });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && moreTime()) moreTime().querySelector("button").click();
  else if (event.key === "Escape") main().querySelector("[data-touch=dismiss]")?.click();
});
document.addEventListener("contextmenu", (event) => event.preventDefault());
document.addEventListener("dragstart", (event) => event.preventDefault());
// Two fingers, or the wheel with a key, make nothing larger; and nothing is dropped here.
document.addEventListener("touchmove", (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => event.preventDefault());
// Staff hold the clock.
document.addEventListener("pointerdown", (event) => {
  clearTimeout(held);
  const place = event.target.closest("[data-hold]");
  if (place) held = setTimeout(() => tell({ touch: place.dataset.hold }), HOLD_MS);
});
for (const over of ["pointerup", "pointercancel", "pointerleave"]) {
  document.addEventListener(over, () => clearTimeout(held));
}

const stream = new EventSource("/screen/events");
stream.addEventListener("hello", (event) => {
  clearTimeout(lostTimer);
  lostTimer = 0;
  if (event.data !== token.slice(0, 8)) location.reload(); // another program now: its touches need its token
});
stream.addEventListener("screen", (event) => show(parse(JSON.parse(event.data))));
stream.addEventListener("error", () => {
  lostTimer ||= setTimeout(showLost, LOST_AFTER_MS);
});
setInterval(tick, 250);
// That this page is shown and its script runs: whoever watches the browser starts it anew where this stays out.
// No frame is drawn for a page behind another one, nor by a display that hangs.
const alive = () => fetch("/alive", { method: "POST", headers: { "X-Touch-Token": token } }).catch(() => {});
const beat = () => requestAnimationFrame(alive);
setInterval(beat, BEAT_MS);
beat();
show(main());
import("./guide.js"); // a fault there leaves the page as it is
