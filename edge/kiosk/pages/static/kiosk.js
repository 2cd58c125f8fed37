// Shows the screens that the kiosk's program sends, and tells it what was touched. Keeps nothing.
const token = document.querySelector("meta[name=touch-token]").content;
const say = document.getElementById("say");
const lost = document.getElementById("lost");
const LOST_AFTER_MS = 3000;
let endsAt = 0;
let lostTimer = 0;

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
    if (old && old.textContent !== part.textContent) old.textContent = part.textContent;
  }
}

function show(fresh) {
  const shown = main();
  if (shown.dataset.step === fresh.dataset.step) {
    patch(shown, fresh);
  } else {
    const focused = document.activeElement?.dataset?.touch;
    shown.replaceWith(fresh);
    document.documentElement.lang = fresh.lang || "vi";
    document.documentElement.dataset.theme = fresh.dataset.theme ?? "";
    if (focused === "language" || focused === "contrast") fresh.querySelector(`[data-touch=${focused}]`)?.focus();
    announce(fresh);
  }
  const left = Number(fresh.dataset.left);
  endsAt = left ? performance.now() + left : 0;
  tick();
}

function announce(screen) {
  say.lang = screen.lang;
  say.textContent = screen.querySelector("[data-say]")?.textContent ?? "";
}

function tick() {
  const place = document.querySelector("[data-countdown]");
  if (place && endsAt) place.textContent = `${Math.max(0, Math.ceil((endsAt - performance.now()) / 1000))} s`;
}

async function touch(button) {
  const message = { touch: button.dataset.touch, step: Number(main().dataset.step) };
  if (button.dataset.service) message.service = button.dataset.service;
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

function showLost() {
  if (main().dataset.step !== "-1") show(lost.content.firstElementChild.cloneNode(true));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-touch]");
  if (button) touch(button);
});
document.addEventListener("contextmenu", (event) => event.preventDefault());

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
show(main());
