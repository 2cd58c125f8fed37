// The page of one ticket asks how it stands: at no fixed moment, so that a hall of telephones does not ask at once.
const page = document.getElementById("ticket");
const { now: source } = page.dataset;
const LEAST_MS = 5000, MORE_MS = 5000, OVER_MS = 60000, SLOWEST_MS = 60000;
const OVER = new Set(["finished", "cancelled", "lapsed", "unknown"]);
const title = document.title;
let shown = { state: page.dataset.is, called: Number(page.dataset.called) };
let etag = "";
let failures = 0;
let tone = null; // set where the person wants to be told

function fill(now) {
  const state = now.state === "waiting" && !now.ahead ? "next" : now.state;
  for (const slot of page.querySelectorAll("[data-slot]")) {
    const text = String(now[slot.dataset.slot] ?? "0");
    if (slot.textContent !== text) slot.textContent = text; // a screen reader says what is written
  }
  for (const part of page.querySelectorAll("[data-needs]")) part.hidden = !now[part.dataset.needs];
  for (const part of page.querySelectorAll("[data-lacks]")) part.hidden = Boolean(now[part.dataset.lacks]);
  for (const part of page.querySelectorAll("[data-in]")) part.hidden = part.dataset.in !== now.state;
  for (const part of page.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  dress(now.state);
  if (now.state === "called" && (shown.state !== "called" || now.called > shown.called)) announce();
  shown = { state: now.state, called: now.called ?? 0 };
}

function dress(state) {
  document.title = state === "called" ? `● ${title}` : title;
  document.getElementById("tell").hidden = !["waiting", "parked", "no-show"].includes(state) && !(tone && state === "called");
}

function announce() {
  if (!tone) return;
  navigator.vibrate?.([400, 200, 400, 200, 800]);
  for (const [at, frequency] of [[0, 880], [0.35, 660], [0.9, 880], [1.25, 660]]) {
    const beep = tone.createOscillator(), volume = tone.createGain();
    beep.frequency.value = frequency;
    volume.gain.setValueAtTime(0.4, tone.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.001, tone.currentTime + at + 0.3);
    beep.connect(volume).connect(tone.destination);
    beep.start(tone.currentTime + at);
    beep.stop(tone.currentTime + at + 0.3);
  }
}

const stayAwake = () => navigator.wakeLock?.request("screen").catch(() => {}); // where the telephone lets us

document.getElementById("alert").addEventListener("click", ({ currentTarget: button }) => {
  if (tone) {
    tone.close();
    tone = null;
  } else {
    tone = new AudioContext();
    navigator.vibrate?.(80);
    stayAwake();
  }
  button.setAttribute("aria-pressed", String(Boolean(tone)));
  document.getElementById("alert-on").hidden = !tone;
});

async function ask() {
  try {
    const answer = await fetch(source, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store", signal: AbortSignal.timeout(15000) });
    if (answer.status === 200 || answer.status === 404) {
      const now = await answer.json();
      if (now.page && now.page !== page.dataset.page && !tone) return location.reload(); // unless a touch lets us ring: that would be lost
      etag = answer.headers.get("ETag") ?? "";
      fill(now);
    } else if (answer.status !== 304) {
      throw new Error(String(answer.status));
    }
    failures = 0;
  } catch {
    failures += 1;
  }
  document.getElementById("lost").hidden = failures < 2;
  plan();
}

let timer = 0;
function plan() {
  const least = OVER.has(shown.state) ? OVER_MS : LEAST_MS;
  clearTimeout(timer);
  timer = setTimeout(ask, Math.min(SLOWEST_MS, least * 2 ** Math.min(failures, 4)) + Math.random() * MORE_MS);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  if (tone) stayAwake();
  clearTimeout(timer);
  timer = setTimeout(ask, Math.random() * 1000); // it may have slept in a pocket for an hour
});
dress(shown.state);
plan();
