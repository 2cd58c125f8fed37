// What the counter's and the floor's page share: the hub's time, commands, dialogs, and a part that is drawn anew.
const body = document.body;
const message = document.getElementById("message");
const link = document.getElementById("link");
const aloud = document.getElementById("aloud");
const english = document.documentElement.lang === "en";
const zone = body.dataset.zone;
const time = new Intl.DateTimeFormat("vi", { hour: "2-digit", minute: "2-digit", timeZone: zone });
const date = new Intl.DateTimeFormat(english ? "en-GB" : "vi", {
  weekday: "long", day: "2-digit", month: "2-digit", year: "numeric", timeZone: zone,
});
const sending = new Set(); // the same command again while the first is under way counts for nothing
let offset = Number(body.dataset.now) - Date.now(); // the hub's clock is the one that counts
let hide = 0;

export const now = () => Date.now() + offset;
export const byId = (id) => document.getElementById(id);
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

function duration(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (english) return hours ? `${hours} h ${rest} min` : `${rest} min`;
  return hours ? `${hours} giờ ${rest} phút` : `${rest} phút`;
}

function rounded(ms, up) {
  const five = 300000;
  return time.format((up ? Math.ceil(ms / five) : Math.floor(ms / five)) * five);
}

export function times(root = document) {
  for (const e of root.querySelectorAll("[data-time]")) e.textContent = time.format(Number(e.dataset.time));
  for (const e of root.querySelectorAll("[data-date]")) e.textContent = date.format(Number(e.dataset.date));
  for (const e of root.querySelectorAll("[data-since]")) e.textContent = duration(now() - Number(e.dataset.since));
  for (const e of root.querySelectorAll("[data-lasted]")) e.textContent = duration(Number(e.dataset.lasted));
  for (const e of root.querySelectorAll("[data-low]")) {
    e.textContent = `${rounded(Number(e.dataset.low), false)}–${rounded(Number(e.dataset.high), true)}`;
  }
  for (const e of root.querySelectorAll("[data-until]")) {
    const left = Math.ceil((Number(e.dataset.until) - now()) / 1000);
    e.querySelector("[data-left]").textContent = Math.max(0, left);
    if (left <= 0 && e === document.activeElement) focusOn("do-next");
    e.hidden = left <= 0;
  }
  for (const e of root.querySelectorAll("[data-clock]")) e.textContent = time.format(now());
  for (const e of root.querySelectorAll("[data-today]")) e.textContent = date.format(now());
}

export function say(text, bad = false) {
  message.textContent = text;
  message.classList.toggle("bad", bad);
  clearTimeout(hide);
  hide = setTimeout(() => { message.textContent = ""; }, 6000);
}

async function post(path, content) {
  const request = { method: "POST", headers: { "X-CSRF": body.dataset.csrf }, body: JSON.stringify(content) };
  const answer = await fetch(path, request);
  if (answer.status === 403) location.assign("/login");
  return answer;
}

// Sends a command once; `key` names the button. Gives the answer, or null where it was not carried out.
export const press = (key, command) => send(key, "/press", command, () => ({ id: newId(), ...command }));

// The same with anything that the hub answers as it answers a command.
export async function send(key, path, content, made = () => content) {
  const same = path + JSON.stringify(content);
  if (sending.has(same)) return null;
  sending.add(same);
  const button = byId(key);
  button?.setAttribute("aria-disabled", "true");
  try {
    const answer = await post(path, made());
    if (!answer.ok) {
      say(body.dataset.failed, true);
      return null;
    }
    const told = await answer.json();
    if (!told.done || told.message) say(told.message, !told.done);
    return told.done ? told : null;
  } catch {
    say(body.dataset.failed, true); // not kept for later: the officer decides again
    return null;
  } finally {
    sending.delete(same);
    byId(key)?.removeAttribute("aria-disabled");
  }
}

// The id of today's ticket with this number; says so where there is none.
export async function find(typed) {
  try {
    const answer = await post("/find", typed);
    if (answer.ok) return (await answer.json()).ticket;
    say(answer.status === 404 ? body.dataset.unknown : body.dataset.failed, true);
  } catch {
    say(body.dataset.failed, true);
  }
  return "";
}

// Opens a dialog; gives [the button's value, the form's fields], or ["", null] where it was left.
export function ask(name, prepare = () => {}) {
  const dialog = byId(`dialog-${name}`);
  const opener = document.activeElement?.id;
  const asked = new AbortController();
  const { signal } = asked;
  for (const form of dialog.querySelectorAll("form")) form.reset();
  prepare(dialog);
  times(dialog);
  dialog.showModal();
  dialog.querySelector("[data-first]:not([hidden] *)")?.focus();
  return new Promise((resolve) => {
    // The focus is given back at once, not with the close event, which comes late: the next key must find it there.
    const end = (result) => {
      if (signal.aborted) return;
      asked.abort();
      if (dialog.open) dialog.close();
      focusOn(opener); // what opened it may have been drawn anew meanwhile
      resolve(result);
    };
    const leave = (event) => { event.preventDefault(); end(["", null]); };
    dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      end([event.submitter?.value ?? "", new FormData(event.target)]);
    }, { signal });
    dialog.addEventListener("cancel", leave, { signal });
    dialog.addEventListener("close", leave, { signal });
    dialog.addEventListener("click", (event) => { if (event.target.closest("[data-leave]")) leave(event); }, { signal });
  });
}

export async function sure(text) {
  const [answer] = await ask("sure", (dialog) => { dialog.querySelector("[data-text]").textContent = text; });
  return answer === "yes";
}

const usable = (e) => e && !e.disabled && !e.hidden;

export function focusOn(...ids) {
  const there = ids.map(byId).find(usable) ?? byId("work");
  there?.focus({ preventScroll: true });
}

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("invalid", (event) => event.target.setCustomValidity(body.dataset.choose), true);
  dialog.addEventListener("input", (event) => event.target.setCustomValidity?.(""));
  dialog.addEventListener("reset", (event) => { for (const e of event.target.elements) e.setCustomValidity(""); });
  dialog.addEventListener("keydown", (event) => {
    const form = event.target.closest("form");
    if (event.key === "Enter" && event.target.matches("select, input[type=checkbox]")) {
      event.preventDefault();
      form?.requestSubmit(form.querySelector("button[value]"));
    }
    const choice = dialog.querySelector(`[data-digit="${CSS.escape(event.key)}"]:not([hidden])`);
    if (choice && !event.target.matches("select, input")) {
      event.preventDefault();
      choice.click();
    }
  });
  // Only the rooms that serve the chosen service can be chosen.
  for (const service of dialog.querySelectorAll("select[name=service]")) {
    const room = service.form.elements.room;
    if (!room) continue;
    const fit = () => {
      for (const option of room.options) {
        const serves = !option.value || option.dataset.services.split(" ").includes(service.value);
        option.hidden = option.disabled = !serves;
        if (!serves && option.selected) room.value = "";
      }
    };
    service.addEventListener("change", fit);
    service.form.addEventListener("reset", () => setTimeout(fit));
    fit();
  }
}

// Keys in the list of those who wait.
document.addEventListener("keydown", (event) => {
  const line = event.target.closest?.(".q");
  if (!line || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const lines = [...line.closest("ul").querySelectorAll(".q")];
  const next = lines[lines.indexOf(line) + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) { event.preventDefault(); next.focus(); }
});

// Single keys are shortcuts; an officer whose keyboard or speech sends stray letters can turn them off.
const switched = byId("shortcuts");
const stored = "moiso-shortcuts";
function shortcuts(on) {
  switched.setAttribute("aria-pressed", String(on));
  body.classList.toggle("no-keys", !on);
  localStorage.setItem(stored, on ? "on" : "off");
}
if (switched) {
  shortcuts(localStorage.getItem(stored) !== "off");
  switched.addEventListener("click", () => shortcuts(switched.getAttribute("aria-pressed") !== "true"));
}

const menu = document.querySelector(".menu");
document.addEventListener("click", (event) => { if (!menu?.contains(event.target)) menu?.removeAttribute("open"); });
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

export function onKeys(act) {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input, select, textarea")) return;
    if (event.ctrlKey) {
      if (event.key.toLowerCase() === "z" && act("u")) event.preventDefault();
      return;
    }
    if (switched?.getAttribute("aria-pressed") === "false") return;
    if (event.target.closest("a, button, summary") && (event.key === " " || event.key === "Enter")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (act(key)) event.preventDefault();
  });
}

function draw(panel) {
  const head = panel.querySelector("template[data-head]");
  if (head) byId("state").replaceChildren(head.content.cloneNode(true));
  times();
}

// Keeps `panel` as the hub draws it: focus and scrolling stay where they were, dialogs stay open.
export function follow(panel, path, drawn = () => {}) {
  let said = panel.querySelector("[data-said]")?.dataset.said ?? "";
  const source = new EventSource(path);
  source.addEventListener("panel", (event) => {
    const held = panel.contains(document.activeElement) ? document.activeElement : null;
    const lines = held?.matches(".q") ? [...panel.querySelectorAll(".q")].map((e) => e.id) : [];
    const at = lines.indexOf(held?.id);
    const scrolled = [...panel.querySelectorAll("[data-scrolls]")].map((e) => [e.id, e.scrollTop]);
    const kept = new Map([...panel.querySelectorAll("[data-kept]")].map((e) => [e.id, e])); // a picture is fetched once
    panel.innerHTML = JSON.parse(event.data);
    for (const fresh of panel.querySelectorAll("[data-kept]")) {
      const old = kept.get(fresh.id);
      if (old?.getAttribute("src") === fresh.getAttribute("src")) fresh.replaceWith(old);
    }
    const fresh = panel.querySelector("[data-now]").dataset;
    offset = Number(fresh.now) - Date.now();
    if (fresh.version !== body.dataset.version && !document.querySelector("dialog[open]")) location.reload();
    for (const [id, top] of scrolled) if (byId(id)) byId(id).scrollTop = top;
    draw(panel);
    if (held) focusOn(held.id, ...(at >= 0 ? lines.slice(at + 1).concat(lines.slice(0, at).reverse()) : []), "do-next");
    link.textContent = "";
    if (fresh.said !== said) { said = fresh.said; aloud.textContent = said; }
    drawn();
  });
  source.addEventListener("error", () => {
    link.textContent = link.dataset.lost;
    // Turned away for good: the session has ended, or the counter is no more. The page itself says which.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
  });
  draw(panel);
  setInterval(() => times(), 1000);
}

// The dialog about one ticket, opened by an element that carries its data.
export async function aboutTicket(opener, { counter = "", seen = "" } = {}) {
  const { ticket, label, state, claim, claimWords, about } = opener.dataset;
  const [what, fields] = await ask("ticket", (dialog) => {
    for (const e of dialog.querySelectorAll("[data-label]")) e.textContent = label;
    for (const e of dialog.querySelectorAll("[data-claim-words]")) e.textContent = claimWords;
    dialog.querySelector("[data-about]").textContent = about ?? "";
    for (const e of dialog.querySelectorAll("[data-when]")) {
      e.hidden = !e.dataset.when.split(" ").includes(state) || (e.matches("[data-counter-only]") && !counter);
    }
    dialog.querySelector("[data-when-claim]").hidden = !claim;
  });
  const key = opener.id;
  switch (what) {
    case "call":
      return press(key, { type: "CallTicket/1", counter, ticket, seen, reason: fields.get("reason") });
    case "call-back":
      return press(key, { type: "CallTicket/1", counter, ticket, seen });
    case "refer":
      return press(key, { type: "Refer/1", ticket, service: fields.get("service"), room: fields.get("room") });
    case "confirm":
      return press(key, { type: "SetPriority/1", ticket, priority: claim });
    case "drop":
      return press(key, { type: "SetPriority/1", ticket, priority: "none" });
    case "priority":
      return press(key, { type: "SetPriority/1", ticket, priority: fields.get("priority") });
    case "return":
      return press(key, { type: "ReturnToQueue/1", ticket });
    case "cancel":
      return (await sure(fill(body.dataset.sureCancel, { label }))) ? press(key, { type: "CancelTicket/1", ticket }) : null;
    case "merge": {
      const into = await find(fields.get("into"));
      const text = fill(body.dataset.sureMerge, { label, into: fields.get("into").trim().toUpperCase() });
      return into && (await sure(text)) ? press(key, { type: "MergeTickets/1", ticket, into }) : null;
    }
    default:
      return null;
  }
}

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// A number given by hand, shown large until it is written down.
export async function giveNumber(key) {
  const [what, fields] = await ask("give");
  if (what !== "give") return;
  const told = await press(key, { type: "GiveNumber/1", service: fields.get("service"), priority: fields.get("priority") });
  if (told) await ask("given", (dialog) => { dialog.querySelector("[data-label]").textContent = told.label; });
}

// Choose what a counter is doing.
export async function setCounter(key, counter, title) {
  const [what] = await ask("state", (dialog) => { dialog.querySelector("[data-title]").textContent = title; });
  const [state, pause = ""] = what.split(" ");
  if (state) await press(key, { type: "SetCounter/1", counter, state, pause });
}
