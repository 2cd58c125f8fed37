// The counter page: the panel comes ready-made from the hub; this sends presses and keeps the times running.
const panel = document.getElementById("panel");
const message = document.getElementById("message");
const link = document.getElementById("link");
const clock = document.getElementById("clock");
const english = document.documentElement.lang === "en";
const zone = clock.dataset.zone;
const time = new Intl.DateTimeFormat("vi", { hour: "2-digit", minute: "2-digit", timeZone: zone });
let offset = 0; // the hub's clock is the one that counts
const sending = new Set(); // a second press of the same button while the first is under way counts for nothing
let hide = 0;

const now = () => Date.now() + offset;

function duration(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (english) return hours ? `${hours} h ${rest} min` : `${rest} min`;
  return hours ? `${hours} giờ ${rest} phút` : `${rest} phút`;
}

function times() {
  for (const e of document.querySelectorAll("[data-time]")) e.textContent = time.format(Number(e.dataset.time));
  for (const e of document.querySelectorAll("[data-since]")) e.textContent = duration(now() - Number(e.dataset.since));
  clock.textContent = time.format(now());
}

function say(text, bad) {
  message.textContent = text;
  message.classList.toggle("bad", bad);
  clearTimeout(hide);
  hide = setTimeout(() => { message.textContent = ""; }, 6000);
}

async function press(action) {
  const button = panel.querySelector(`[data-action="${action}"]`);
  if (sending.has(action) || button.disabled) return;
  sending.add(action);
  const ticket = panel.querySelector("main").dataset.ticket;
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const body = JSON.stringify({ id, action, ticket });
  const request = { method: "POST", headers: { "X-CSRF": panel.dataset.csrf }, body };
  try {
    const answer = await fetch(`/counters/${panel.dataset.counter}/press`, request);
    if (answer.status === 403) location.assign("/login");
    else if (!answer.ok) say(panel.dataset.failed, true);
    else {
      const { done, message: text } = await answer.json();
      if (!done) say(text, true);
    }
  } catch {
    say(panel.dataset.failed, true); // not kept for later: the officer decides again
  } finally {
    sending.delete(action);
  }
}

panel.addEventListener("click", (event) => {
  const button = event.target.closest("[data-action]");
  if (button) press(button.dataset.action);
});

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("a, button, input") && (event.key === " " || event.key === "Enter")) return;
  if (event.key === " ") { event.preventDefault(); press("next"); return; }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const button = panel.querySelector(`[data-key="${key}"]`);
  if (button) { event.preventDefault(); press(button.dataset.action); }
});

const source = new EventSource(`/counters/${panel.dataset.counter}/panel`);
source.addEventListener("panel", (event) => {
  const held = document.activeElement?.dataset?.action;
  panel.innerHTML = JSON.parse(event.data);
  offset = Number(panel.querySelector("main").dataset.now) - Date.now();
  if (held) panel.querySelector(`[data-action="${held}"]`)?.focus();
  link.textContent = "";
  times();
});
source.addEventListener("error", () => { link.textContent = link.dataset.lost; });
offset = Number(document.body.dataset.now) - Date.now();
times();
setInterval(times, 1000);
