// The workbench's page: draws what the stream says lies on the table, and sends what a hand does to it.

import { $, act, element } from "./act.js";
import { drawMorning } from "./morning.js";

// --- screens open beside the table, in windows of their own size
for (const link of document.querySelectorAll("nav a")) {
  link.addEventListener("click", (event) => {
    const size = `popup,width=${link.dataset.width},height=${link.dataset.height}`;
    if (window.open(link.href, link.target, size)) event.preventDefault();
  });
}

// --- cards and scanner
let reading = 0;
for (const button of document.querySelectorAll("[data-card]")) {
  button.addEventListener("click", async () => {
    const card = button.closest(".card");
    card.classList.add("held");
    $("scanner").classList.add("reading");
    clearTimeout(reading);
    await act("Scan", { card: button.dataset.card });
    reading = setTimeout(() => {
      for (const held of document.querySelectorAll(".held")) held.classList.remove("held");
      $("scanner").classList.remove("reading");
    }, 600);
  });
}
$("scanner-plug").addEventListener("click", () => act("PlugScanner", { plugged: $("scanner").classList.contains("gone") }));

function drawScanner(plugged) {
  $("scanner").classList.toggle("gone", !plugged);
  $("scanner-words").textContent = plugged ? "Máy quét sẵn sàng · ready" : "Đã rút dây máy quét · unplugged";
  $("scanner-plug").textContent = plugged ? "Rút dây" : "Cắm lại";
  for (const button of document.querySelectorAll("[data-card]")) button.disabled = !plugged;
}

// --- camera
$("stand").addEventListener("click", () => act("Stand", { there: $("stand").getAttribute("aria-pressed") !== "true" }));

function drawCamera(somebody) {
  $("stand").setAttribute("aria-pressed", String(somebody));
}

// --- card reader
for (const button of document.querySelectorAll("[data-lay]")) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-pressed") === "true") return act("TakeCard");
    const chosen = $("flaw").value;
    const what = chosen === "slow" ? { slow: true } : { flaw: chosen || null };
    const { ok } = await act("LayCard", { card: button.dataset.lay, ...what });
    if (!ok) $("reader-words").textContent = "Kiosk không chạy, không có đầu đọc · no reader";
  });
}

function drawReader(card) {
  let words = "Đầu đọc thẻ trống · empty";
  for (const button of document.querySelectorAll("[data-lay]")) {
    const lies = button.dataset.lay === card;
    if (lies) words = `Trên đầu đọc: ${button.dataset.name}`;
    button.setAttribute("aria-pressed", String(lies));
    button.textContent = lies ? "Nhấc ra" : "Đặt lên đầu đọc";
    button.closest(".card").classList.toggle("laid", lies);
  }
  $("reader").classList.toggle("busy", card !== "");
  if ($("reader-words").dataset.lies !== card) $("reader-words").textContent = words;
  $("reader-words").dataset.lies = card;
}

// --- printer
for (const button of document.querySelectorAll("[data-paper]")) {
  button.addEventListener("click", () => act("SetPrinter", { paper: button.dataset.paper }));
}
const pressed = (id) => $(id).getAttribute("aria-pressed") === "true";
$("cover").addEventListener("click", () => act("SetPrinter", { cover_open: !pressed("cover") }));
$("offline").addEventListener("click", () => act("SetPrinter", { offline: !pressed("offline") }));

let newest = null;
function showSlip(number, fresh) {
  const slip = $("slip");
  slip.src = `/slips/${number}.png`;
  slip.hidden = false;
  slip.classList.remove("fresh");
  if (fresh) {
    void slip.offsetWidth; // begins the animation anew
    slip.classList.add("fresh");
  }
}

function drawPrinter(table) {
  for (const button of document.querySelectorAll("[data-paper]")) {
    button.setAttribute("aria-pressed", String(button.dataset.paper === table.paper));
  }
  $("cover").setAttribute("aria-pressed", String(table.cover_open));
  $("offline").setAttribute("aria-pressed", String(table.offline));
  const trouble = table.cover_open ? "Nắp đang mở · cover open"
    : table.paper === "out" ? "Hết giấy · paper out"
    : table.offline ? "Không trực tuyến · offline" : "";
  $("machine").classList.toggle("trouble", trouble !== "");
  $("printer-words").textContent = trouble || (table.paper === "low" ? "Sẵn sàng, sắp hết giấy · paper low" : "Sẵn sàng · ready");
  const last = table.slips.at(-1);
  $("no-slip").hidden = Boolean(last);
  if (!last) $("slip").hidden = true;
  const key = last ? `${last.number} ${last.at}` : ""; // numbers begin anew with the workbench
  if (last && key !== newest) showSlip(last.number, newest !== null);
  if (key !== newest) {
    $("pile").replaceChildren(...table.slips.slice(-6).reverse().map(({ number, at }) => {
      const button = element("button");
      button.type = "button";
      const picture = element("img");
      picture.src = `/slips/${number}.png`;
      picture.alt = `Phiếu in lúc ${at}`;
      button.append(picture, at);
      button.addEventListener("click", () => showSlip(number, false));
      return button;
    }));
  }
  newest = key;
}

// --- call panels
for (const button of document.querySelectorAll("[data-button]")) {
  const counter = button.closest("[data-counter]").dataset.counter;
  button.addEventListener("click", () => act("Press", { counter, button: button.dataset.button }));
}

for (const button of document.querySelectorAll("[data-score]")) {
  const counter = button.closest("[data-counter]").dataset.counter;
  button.addEventListener("click", () => act("PressRating", { counter, score: Number(button.dataset.score) }));
}

function drawPanels(lamps, thanks) {
  for (const desk of document.querySelectorAll("[data-counter]")) {
    desk.querySelector("h3 .lamp").classList.toggle("on", lamps[desk.dataset.counter] ?? false);
    desk.querySelector(".ratings .lamp")?.classList.toggle("on", thanks[desk.dataset.counter] ?? false);
  }
}

// --- LED board
$("led-power").addEventListener("click", () => act("PowerLed", { on: $("led").classList.contains("off") }));

let shown = "";
function drawLed(on, rows) {
  $("led").classList.toggle("off", !on);
  $("led-power").textContent = on ? "Tắt điện" : "Bật điện";
  const now = JSON.stringify(rows);
  if (now === shown) return; // drawing anew would begin the blinking anew
  shown = now;
  $("led").replaceChildren(...rows.map(({ text, blink }) => element("div", text, blink ? "blink" : "")));
  $("led").setAttribute("aria-label", `Bảng LED: ${rows.map(({ text }) => text).join("; ")}`);
}

// --- speaker: one announcement at a time, and only after someone has switched it on (browsers ask for a gesture)
const player = $("player");
const queue = [];
let heard = null;

function playNext() {
  const name = queue.shift();
  for (const item of $("sounds").children) item.classList.toggle("playing", item.dataset.name === name);
  if (!name) return;
  player.src = `/sounds/${encodeURIComponent(name)}`;
  player.play().catch(() => $("sound").setAttribute("aria-pressed", "false"));
}
player.addEventListener("ended", playNext);
$("sound").addEventListener("click", () => {
  const on = !pressed("sound");
  $("sound").setAttribute("aria-pressed", String(on));
  $("sound").textContent = on ? "Loa đang bật" : "Bật loa";
  if (!on) {
    queue.length = 0;
    player.pause();
  }
});

function drawSpeaker(sounds) {
  $("no-sound").hidden = sounds.length > 0;
  const keys = sounds.map(({ name, at }) => `${name} ${at}`);
  if (heard !== null && keys.join() === heard.join()) return;
  const fresh = heard === null ? [] : sounds.filter((_, index) => !heard.includes(keys[index])).map(({ name }) => name);
  heard = keys;
  $("sounds").replaceChildren(...sounds.slice(-3).reverse().map(({ name, at }) => {
    const item = element("li");
    item.dataset.name = name;
    const button = element("button", "Nghe");
    button.type = "button";
    button.addEventListener("click", () => {
      queue.length = 0;
      queue.push(name);
      playNext();
    });
    item.append(button, element("b", "Thông báo"), element("span", at));
    return item;
  }));
  if (pressed("sound") && fresh.length) {
    queue.push(...fresh);
    if (player.paused || player.ended) playNext();
  }
}

// --- plugs
const NAMES = { broker: "Mosquitto", hub: "Hub", cloud: "Số liệu", ingest: "Ingest", kiosk: "Kiosk", board: "Loa, LED, TV" };
const WORDS = { ready: "đang chạy", starting: "đang lên", down: "đang lên", unplugged: "đã rút", failed: "hỏng", stopped: "đã dừng" };

function drawPlugs(programs) {
  const names = Object.keys(programs).filter((name) => name in NAMES);
  $("plugs").hidden = names.length === 0;
  const now = JSON.stringify(names.map((name) => [name, programs[name]]));
  if ($("programs").dataset.now === now) return;
  $("programs").dataset.now = now;
  $("programs").replaceChildren(...names.map((name) => {
    const state = programs[name];
    const plug = element("div", "", "plug");
    plug.dataset.state = state;
    plug.dataset.program = name;
    const button = element("button", state === "unplugged" ? "Cắm" : "Rút");
    button.type = "button";
    button.title = state === "unplugged" ? "Cắm lại phích · plug in" : "Rút phích · kill -9";
    button.addEventListener("click", () => act(state === "unplugged" ? "PutPlug" : "PullPlug", { program: name }));
    plug.append(element("span", "", "lamp"), element("span", NAMES[name]), element("small", WORDS[state] ?? state), button);
    return plug;
  }));
}

// --- the stream
const stream = new EventSource("/live");
stream.addEventListener("open", () => ($("lost").hidden = true));
stream.addEventListener("error", () => ($("lost").hidden = false));
stream.addEventListener("view", (event) => {
  const { table, programs, morning } = JSON.parse(event.data);
  drawScanner(table.scanner);
  drawReader(table.on_reader);
  drawCamera(table.somebody);
  drawPrinter(table);
  drawPanels(table.lamps, table.thanks);
  drawLed(table.led_on, table.rows);
  drawSpeaker(table.sounds);
  drawPlugs(programs);
  drawMorning(morning);
});
