// Records a fragment with the microphone, or takes a file, and sends it as a WAV: row by row, without leaving the page.
import { asWav } from "./wav.js"

const part = document.querySelector("[data-recorder]")
const { csrf, to, record, stop, saved, failed, noMicrophone } = part.dataset
const wrong = part.querySelector("[role=alert]")
let recording = null // one at a time: {recorder, button}

async function send(row, encoded) {
  const { fragment } = row.dataset
  const text = row.querySelector("th").textContent
  const body = await asWav(encoded)
  const answer = await fetch(`${to}?id=${encodeURIComponent(fragment)}`, {
    method: "POST", body, headers: { "X-CSRF": csrf, "Content-Type": "application/octet-stream" },
  })
  const told = await answer.json()
  if (!told.page) {
    wrong.textContent = `${text}: ${told.message}`
    return
  }
  wrong.textContent = ""
  const audio = document.createElement("audio")
  Object.assign(audio, { src: told.page, controls: true, preload: "none" })
  audio.setAttribute("aria-label", text)
  const state = document.createElement("small")
  state.setAttribute("role", "status")
  state.textContent = ` ${saved}`
  row.querySelector(".heard").replaceChildren(audio, state)
}

async function tried(row, work) {
  try {
    await work()
  } catch {
    wrong.textContent = `${row.querySelector("th").textContent}: ${failed}`
  }
}

async function toggle(button) {
  if (recording) {
    const { recorder, button: pressed } = recording
    recorder.stop()
    if (pressed === button) return
  }
  let stream
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false } })
  } catch {
    wrong.textContent = noMicrophone
    return
  }
  const row = button.closest("tr")
  const recorder = new MediaRecorder(stream)
  const pieces = []
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data))
  recorder.addEventListener("stop", () => {
    for (const track of stream.getTracks()) track.stop()
    button.textContent = record
    button.removeAttribute("aria-pressed")
    if (recording?.recorder === recorder) recording = null
    tried(row, async () => send(row, await new Blob(pieces).arrayBuffer()))
  })
  const begun = performance.now()
  const tell = () => { button.textContent = `${stop} (${Math.floor((performance.now() - begun) / 1000)} s)` }
  const ticking = setInterval(tell, 250)
  recorder.addEventListener("stop", () => clearInterval(ticking))
  recorder.start()
  tell()
  button.setAttribute("aria-pressed", "true")
  recording = { recorder, button }
}

for (const button of part.querySelectorAll("[data-act=record]")) {
  button.hidden = !navigator.mediaDevices || !window.MediaRecorder
  button.addEventListener("click", () => toggle(button))
}
for (const input of part.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    const [file] = input.files
    if (file) tried(input.closest("tr"), async () => send(input.closest("tr"), await file.arrayBuffer()))
    input.value = ""
  })
}
