// The preview follows the form: the hub makes of it what a TV would be told, and the page in the frame draws that.
// Without this script the button beside the form sends it to the frame.
const form = document.querySelector("#screen-form")
const frame = document.querySelector("#tv")
const path = `${document.querySelector("#try").getAttribute("formaction")}.json`
let waiting = 0
let asked = 0

async function draw() {
  const turn = ++asked
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(new FormData(form)) })
  if (!answer.ok || turn !== asked) return // a form that cannot be read yet, or an answer that came too late
  const state = await answer.text()
  const preview = frame.contentDocument.getElementById("preview")
  if (!preview) return
  preview.textContent = state
  preview.dispatchEvent(new Event("change"))
}

form.addEventListener("input", () => {
  clearTimeout(waiting)
  waiting = setTimeout(draw, 300)
})
