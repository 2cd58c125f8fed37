// Sends a chosen file as it is, with a bar that shows how far it has come. A sound that is no WAV is made one here: what
// a browser can play, the hall can.
import { asWav } from "./wav.js"

const form = document.querySelector("[data-upload]")
const { csrf, to, large, failed, undecoded } = form.dataset
const file = form.querySelector("input")
const bar = form.querySelector("progress")
const button = form.querySelector("button")
const wrong = form.querySelector("[role=alert]")
const kinds = ["picture", "clip", "sound"]
const words = form.dataset.kinds.split("|")
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name])

function tooLarge(kind, size) {
  const most = Number(form.dataset[kinds[kind]])
  return size > most ? fill(large, { kind: words[kind], most: Math.floor(most / 1e6) }) : ""
}

// Gives what the hub answered: the next page, or why it did not take the file.
function send(body, name) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest() // fetch tells nothing of how much has gone out
    request.open("POST", `${to}?name=${encodeURIComponent(name)}`)
    request.setRequestHeader("X-CSRF", csrf)
    request.setRequestHeader("Content-Type", "application/octet-stream")
    request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total })
    request.addEventListener("loadend", () => {
      try {
        resolve(JSON.parse(request.responseText))
      } catch {
        resolve({ message: failed })
      }
    })
    request.send(body)
  })
}

form.addEventListener("submit", async (event) => {
  event.preventDefault()
  const [chosen] = file.files
  if (!chosen) return file.focus()
  const kind = ["image", "video", "audio"].indexOf(chosen.type.split("/")[0])
  wrong.textContent = kind < 0 ? "" : tooLarge(kind, chosen.size)
  if (wrong.textContent) return undefined
  button.disabled = true
  bar.hidden = false
  try {
    let body = chosen
    if (kind === 2 && !/wav/.test(chosen.type)) body = await asWav(await chosen.arrayBuffer())
    const told = await send(body, chosen.name)
    if (told.page) {
      location.assign(told.page)
      return undefined
    }
    wrong.textContent = told.message
  } catch {
    wrong.textContent = undecoded
  } finally {
    button.disabled = false
    bar.hidden = true
    bar.value = 0
  }
  return undefined
})
