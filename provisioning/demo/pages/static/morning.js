// The simulated morning: its choices, its course, and what a trainee has to know.

import { $, act, element } from "./act.js";

const BUSY = ["starting", "playing", "stopping"];
const WORDS = {
  starting: ["Đang chờ máy chủ…", "waiting for the hub"],
  playing: ["Đang diễn", "playing"],
  paused: ["Đang tạm dừng", "paused"],
  stopping: ["Đang dọn: xong người ở quầy, huỷ số còn chờ…", "tidying up"],
  stopped: ["Đã kết thúc giữa chừng", "stopped"],
  over: ["Đã hết bệnh nhân", "everybody was served"],
  failed: ["Máy chủ không nhận thiết bị của buổi mô phỏng. Xin dừng rồi chạy lại make run.", "the hub does not know the morning's devices: run make run again"],
};

const press = (group, chosen) => {
  for (const button of group.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
};
const chosen = (group, name) => Number(group.querySelector("[aria-pressed=true]").dataset[name]);
const leftOut = () => [...document.querySelectorAll("[name=left-out]:checked")];

let playing = false;
let running = false;
$("seed").value = 1 + Math.floor(Math.random() * 9999);

for (const button of $("m-patients").querySelectorAll("button")) {
  button.addEventListener("click", () => press($("m-patients"), button));
}
for (const button of $("m-speed").querySelectorAll("button")) {
  button.addEventListener("click", () => {
    press($("m-speed"), button);
    if (playing) act("SteerMorning", { speed: Number(button.dataset.speed) });
  });
}
$("m-start").addEventListener("click", () => {
  if (!$("seed").reportValidity()) return;
  $("m-trainees").open = false;
  act("StartMorning", {
    patients: chosen($("m-patients"), "patients"),
    speed: chosen($("m-speed"), "speed"),
    seed: Number($("seed").value),
    left_out: leftOut().map((box) => box.value),
  });
});
$("m-pause").addEventListener("click", () => act("SteerMorning", { running: !running }));
$("m-stop").addEventListener("click", () => act("StopMorning"));

function showLeftOut() {
  const numbers = leftOut().map((box) => box.dataset.number);
  $("m-left-out").textContent = numbers.length ? `: ${numbers.join(", ")}` : "";
}
for (const box of document.querySelectorAll("[name=left-out]")) box.addEventListener("change", showLeftOut);
showLeftOut(); // a browser remembers ticks
$("m-trainees").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !$("m-trainees").open) return;
  $("m-trainees").open = false;
  $("m-trainees").querySelector("summary").focus();
});

function asks(trainee) {
  const number = document.querySelector(`[name=left-out][value="${CSS.escape(trainee.counter)}"]`)?.dataset.number ?? trainee.counter;
  if (!trainee.label) return `Quầy ${number}: chưa mời ai`;
  if (!trainee.came) return `Quầy ${number}: ${trainee.label} không đến`;
  const names = { laboratory: "xét nghiệm", "x-ray": "X-quang, siêu âm" };
  const tests = trainee.tests.map((test) => names[test] ?? test).join(" và ");
  return `Quầy ${number}: ${trainee.label} đã đến${tests ? `, bác sĩ cho đi ${tests}` : ""}`;
}

function words(morning) {
  const said = morning.phase === "playing" && !morning.running ? "paused" : morning.phase;
  const parts = [...WORDS[said]];
  if (morning.hub_lost) parts[0] += " · mất liên lạc với máy chủ, đang thử lại";
  if (morning.no_officer) parts[0] += " · truongphong không đăng nhập được, nên không ai xác nhận ưu tiên";
  if (morning.turned_away) parts[0] += ` · ${morning.turned_away} người không lấy được số`;
  const faults = Object.entries(morning.refused).map(([what, times]) => `${what} ×${times}`);
  if (faults.length) parts[0] += ` · bị từ chối: ${faults.join(", ")}`;
  if (["stopped", "over"].includes(morning.phase)) {
    parts[0] += ` lúc ${morning.clock} · ${morning.arrived} đến, ${morning.served} xong, ${morning.no_shows} lượt vắng`;
  }
  parts[1] += ` · kịch bản ${morning.seed}`;
  return [parts[0], ...(playing ? morning.trainees.map(asks) : []), parts[1]];
}

let before = "";
export function drawMorning(morning) {
  const now = JSON.stringify(morning);
  if (now === before || morning.phase === "idle") return;
  before = now;
  playing = BUSY.includes(morning.phase);
  running = morning.running;
  const held = document.activeElement;
  $("morning").dataset.phase = morning.phase;
  for (const id of ["m-patients", "m-seed", "m-trainees", "m-start"]) $(id).hidden = playing;
  $("m-pause").textContent = running ? "Tạm dừng" : "Chạy tiếp";
  if (playing) press($("m-speed"), document.querySelector(`[data-speed="${morning.speed}"]`));
  for (const id of ["told", "m-ends", "m-progress"]) $(id).hidden = !playing;
  if (held?.closest("[hidden]")) $(playing ? "m-pause" : "m-start").focus(); // whose button went away goes on from here
  $("m-clock").textContent = morning.clock;
  $("m-arrived").textContent = `${morning.arrived}/${morning.patients}`;
  $("m-waiting").textContent = morning.waiting;
  $("m-counters").textContent = morning.at_counters;
  $("m-served").textContent = morning.served;
  $("m-missed").textContent = morning.no_shows;
  $("m-progress").value = morning.served / morning.patients;
  const [state, ...rest] = words(morning);
  const english = element("small", rest.pop());
  english.lang = "en";
  const text = [state, ...rest].join(" · ");
  if ($("morning-words").dataset.text === text) return; // a screen reader hears what is new, not every minute
  $("morning-words").dataset.text = text;
  $("morning-words").replaceChildren(element("b", state), ...rest.map((line) => element("em", line)), english);
}
